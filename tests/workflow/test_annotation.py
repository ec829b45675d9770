"""Table 7 from a log of people: the same rules, nothing trained and nobody simulated."""

import re


def test_a_human_log_takes_the_place_of_the_simulated_one(snakemake, tmp_path):
    log = tmp_path / "people.csv"
    log.write_text("annotator,item,guidance,started,ended,before,after\n")
    shown = snakemake(
        "paper_tables/table7.csv", "-n", "-p", "--config", f"annotation={{log: {log}}}"
    )
    output = shown.stdout + shown.stderr
    assert shown.returncode == 0, output
    planned = set(re.findall(r"^(?:local)?rule (\w+):$", output, re.MULTILINE))
    stages = {"draw_scenes", "write_captions", "perturb_captions"}
    assert planned == stages | {"measure_human_annotation", "make_table7"}
    assert f"measure-annotation --log {log} --captions results/mini/data/captions/test" in output
    assert "--backbone" not in output
    assert "--metrics results/mini/annotation/human/metrics.csv --reported" in output
