"""Annotation logs: times of two kinds, every bad row in one line; what changed between texts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tldr_reward.annotations import Change, changes, read_annotations
from tldr_reward.errors import InputError

HEADER = "annotator,item,guidance,started,ended,before,after"


def write(folder, *rows, header=HEADER):
    path = folder / "log.csv"
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


def test_seconds_and_iso_times_are_read_and_a_log_without_source_is_human(tmp_path):
    log = write(
        tmp_path,
        "a,i1,binary,10.5,70,two cats.,one cat.",
        "a,i2,token,2024-05-01T10:00:00,2024-05-01T10:01:30.5,x y.,x y.",
        "a,i3,token,2024-05-01T10:00:00+02:00,2024-05-01T08:00:10Z,x,x",
    )
    rows = read_annotations(log)
    assert [row.seconds for row in rows] == [59.5, 90.5, 10.0]
    assert {row.source for row in rows} == {"human"}
    assert (rows[0].before, rows[0].after) == ("two cats.", "one cat.")


def test_a_simulated_log_says_so(tmp_path):
    log = write(tmp_path, "a,i1,binary,0,1,x,y,simulated", header=f"{HEADER},source")
    assert read_annotations(log)[0].source == "simulated"


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("a,i1,hints,0,1,x,y", "item 'i1' has guidance 'hints'; allowed: none, binary, token"),
        ("a,i1,token,5,5,x,y", "log.csv:2: item 'i1' of 'a' ended at 5 s and started at 5 s; an"),
        ("a,i1,token,noon,5,x,y", "log.csv:2: started and ended: both seconds or both ISO times"),
        ("a,i1,token,noon,one,x,y", "log.csv:2: time 'noon'; seconds or an ISO time are allowed"),
        ("a,i1,token,0,nan,x,y", "both seconds or both ISO times are needed"),
        ("a,i1,token,0,1,x", "log.csv:2: as many cells as columns are needed"),
        ("a,i1,token,0,1,x,y,z", "log.csv:2: as many cells as columns are needed"),
        (",i1,token,0,1,x,y", "log.csv:2: item 'i1' has an empty annotator; a text is needed"),
        ("a,i1,token,0,1,x, ", "log.csv:2: item 'i1' has an empty after; a text is needed"),
        ("a/b,i1,token,0,1,x,y", "log.csv:2: annotator 'a/b' has a '/'"),
    ],
)
def test_a_bad_row_is_named(tmp_path, row, message):
    with pytest.raises(InputError) as error:
        read_annotations(write(tmp_path, row))
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_bad_files_are_named(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        read_annotations(tmp_path / "none.csv")
    with pytest.raises(InputError, match="no row; at least one annotation"):
        read_annotations(write(tmp_path))
    with pytest.raises(InputError, match=r"columns \['a', 'b'\]; needed: \['annotator'"):
        read_annotations(write(tmp_path, header="a,b"))
    row = "a,i1,token,0,1,x,y"
    with pytest.raises(InputError, match="log.csv:3: a/i1/token stands there a second time"):
        read_annotations(write(tmp_path, row, row))


def test_changes_are_places_with_their_words_and_characters():
    assert changes("a red ball. one cat", "a big blue ball. cat") == [
        Change((1, 2), (1, 3), (1, 6), (1, 11)),
        Change((4, 5), (5, 5), (11, 16), (16, 17)),
    ]
    assert changes("same words", "same  words") == []
    assert changes("x", "y z") == [Change((0, 1), (0, 2), (0, 1), (0, 3))]


WORDS = st.lists(st.sampled_from(["a", "red", "ball", "."]), max_size=8).map(" ".join)


@given(WORDS, WORDS)
def test_making_all_changes_gives_the_other_text(before, after):
    text = before
    for change in reversed(changes(before, after)):
        start, end = change.before_span
        text = text[:start] + after[slice(*change.after_span)] + text[end:]
    assert text == after
