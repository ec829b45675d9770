"""The registries: every row fits its schema, bad ones end in one line, scores are the paper's."""

import csv
import json
from pathlib import Path

import jsonschema
import pytest

from tldr_reward.errors import InputError
from tldr_reward.paper.reported import ReportedValue
from tldr_reward.records import read_rows
from tldr_reward.sources.registry import SourceRow, read_registry, rows_of

WORKFLOW = Path(__file__).parents[2] / "workflow"
SOURCES = WORKFLOW / "config/sources.tsv"
SCORES = WORKFLOW / "config/vlm_scores.tsv"
HEADER = "source\tkind\taddress\trevision\tfiles\tsha256\tlicence\tterms"
GOOD = {
    "source": "mine",
    "kind": "http",
    "address": "https://example.org/x.zip",
    "revision": "",
    "files": "x.zip",
    "sha256": "",
    "licence": "CC0",
    "terms": "https://example.org/",
}
HUB = {"kind": "hub", "address": "owner/name", "files": "data/*.parquet,README.md"}


def cells(path: Path) -> list[dict]:
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def validator(name: str) -> jsonschema.Draft202012Validator:
    schema = json.loads((WORKFLOW / f"schemas/{name}.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["additionalProperties"] is False
    return jsonschema.Draft202012Validator(schema)


def test_sources_fit_their_schema_and_are_read():
    of_schema = validator("sources")
    for row in cells(SOURCES):
        of_schema.validate(row)
    rows = read_registry(SOURCES.read_text().splitlines(), "sources.tsv")
    assert [row.source for row in rows] == [
        *["docci"] * 2, *["visual_genome"] * 4, "winoground", "blink", "isobench", "pixelprose",
    ]  # fmt: skip
    assert of_schema.schema["required"] == list(SourceRow.__dataclass_fields__)
    winoground = rows_of(rows, "winoground", "sources.tsv")[0]
    assert winoground.patterns == ("data/examples.jsonl", "data/images.zip")
    addresses = [row.address for row in rows_of(rows, "docci", "sources.tsv")]
    assert addresses == [
        "https://storage.googleapis.com/docci/data/docci_descriptions.jsonlines",
        "https://storage.googleapis.com/docci/data/docci_images.tar.gz",
    ]


def test_every_source_names_the_files_that_its_reader_wants():
    import tldr_reward.sources.docci as docci
    import tldr_reward.sources.visual_genome as visual_genome
    import tldr_reward.sources.winoground as winoground

    files: dict[str, set[str]] = {}
    for row in read_registry(SOURCES.read_text().splitlines(), "sources.tsv"):
        files.setdefault(row.source, set()).update(row.patterns)
    assert files["docci"] == {docci.DESCRIPTIONS, docci.IMAGES}
    genome = {visual_genome.QUESTIONS, visual_genome.IMAGE_DATA, *visual_genome.IMAGES}
    assert files["visual_genome"] == genome
    assert files["winoground"] == {winoground.EXAMPLES, winoground.IMAGES}


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"kind": "ftp"}, "kind is 'ftp'; allowed: one of http, hub"),
        ({"address": "x.zip"}, "address is 'x.zip'; allowed: an http URL"),
        ({"files": "../x.zip"}, "files is '../x.zip'; allowed: names below the folder"),
        ({"files": "a,b"}, "files is 'a,b'; allowed: one file's name"),
        ({"files": "a/b"}, "files is 'a/b'; allowed: one file's name"),
        ({"revision": "0" * 40}, f"revision is '{'0' * 40}'; allowed: empty for http"),
        ({"sha256": "abc"}, "sha256 is 'abc'; allowed: 64 hex digits or empty"),
        ({"licence": ""}, "licence is ''; allowed: not empty"),
        ({"terms": "see page"}, "terms is 'see page'; allowed: as in https://..."),
        (HUB | {"address": "name"}, "address is 'name'; allowed: owner/name"),
        (HUB | {"revision": "main"}, "revision is 'main'; allowed: a commit of 40 hex digits"),
        (HUB | {"sha256": "0" * 64}, f"sha256 is '{'0' * 64}'; allowed: empty for hub"),
        (HUB | {"files": "data/../../*"}, "files is 'data/../../*'; allowed: names below"),
    ],
)
def test_a_bad_row_is_named_and_its_schema_says_so_too(changed, message):
    row = GOOD | changed
    with pytest.raises(InputError) as error:
        read_registry([HEADER, "\t".join(row.values())], "s.tsv")
    assert str(error.value).startswith(f"s.tsv:2: source 'mine': {message}")
    assert not validator("sources").is_valid(row)


def test_good_rows_of_both_kinds():
    for row in (GOOD, GOOD | {"sha256": "a" * 64}, GOOD | HUB, GOOD | HUB | {"revision": "b" * 40}):
        assert read_registry([HEADER, "\t".join(row.values())], "s.tsv") == [SourceRow(**row)]
        assert validator("sources").is_valid(row)


def test_a_registry_of_another_form():
    with pytest.raises(InputError, match=r"s.tsv: columns \['a'\]; needed: \['source', 'kind'"):
        read_registry(["a"], "s.tsv")
    with pytest.raises(InputError, match="s.tsv:2: 8 cells are needed"):
        read_registry([HEADER, "a\tb"], "s.tsv")
    with pytest.raises(InputError, match="s.tsv has no source 'x'; it has mine"):
        rows_of([SourceRow(**GOOD)], "x", "s.tsv")
    with pytest.raises(InputError, match="source 'mine' needs http rows, or one hub row"):
        rows_of([SourceRow(**GOOD), SourceRow(**(GOOD | HUB))], "mine", "s.tsv")


def test_scores_fit_their_schema_and_are_those_that_the_paper_prints():
    rows = cells(SCORES)
    for row in rows:
        validator("vlm_scores").validate(row)
    printed = {
        (one.row, one.column): (one.value, f"TLDR paper, table 3 ({one.source})")
        for one in read_rows(WORKFLOW / "reported/reported.csv", ReportedValue)
        if one.table == "table3" and one.column in ("mmmu", "mega_bench")
    }
    assert {(row["model"], row["benchmark"]): (row["score"], row["source"]) for row in rows} == (
        printed
    )
    assert len(rows) == len(printed) == 18
    assert printed["gpt-4o", "mmmu"] == ("69.1", "TLDR paper, table 3 (camera_ready;rebuttal)")
