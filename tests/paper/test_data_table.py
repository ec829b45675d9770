"""Table 8."""

import pytest

from tldr_reward.errors import InputError
from tldr_reward.paper.data_table import STATISTICS_COLUMNS, table8
from tldr_reward.paper.table import Sources


def rows(*texts):
    return [dict(zip(STATISTICS_COLUMNS, text.split(","), strict=True)) for text in texts]


def test_counts_of_the_reward_data(make_reported):
    statistics = rows(
        "scene-qa,vqa,,train,100,40,3",
        "scene-qa,vqa,,pretrain,999,0,0",
        "scene-dense,caption,,train,60,0,0",
        "scene-dense,caption,,test,40,0,0",
        "scene-dense,caption,counting,train,0,30,5",
        "scene-dense,caption,counting,test,0,20,1",
        "scene-dense,caption,text_ocr,test,0,7,2",
        "scene-dense,caption,counting,ood_scene,0,50,50",
    )
    printed = [
        make_reported("table8", "caption/docci", "positives", "14639"),
        make_reported("table8", "caption/docci", "train_share", "65"),
        make_reported("table8", "caption/docci/counting", "negatives", "10491"),
    ]
    table = table8(Sources("mini", printed, statistics=statistics))
    found = {(row["data"], row["taxonomy"]): row for row in table.rows}
    assert list(found)[:3] == [
        ("vqa/scene-qa", ""),
        ("caption/scene-dense", ""),
        ("caption/scene-dense", "spatial_relationship"),
    ]
    assert len(found) == 10
    questions = found["vqa/scene-qa", ""]
    assert (questions["positives"], questions["negatives"], questions["rejected"]) == (
        "100",
        "40",
        "3",
    )
    whole = found["caption/scene-dense", ""]
    assert (whole["positives"], whole["negatives"], whole["rejected"]) == ("100", "57", "8")
    assert (whole["positives_reported"], whole["train_share"], whole["train_share_reported"]) == (
        "14639",
        "60.00",
        "65",
    )
    counting = found["caption/scene-dense", "counting"]
    assert (counting["positives"], counting["negatives"], counting["rejected"]) == ("", "50", "6")
    assert counting["negatives_reported"] == "10491"
    assert counting["reported_row"] == "caption/docci/counting"


def test_what_is_missing_or_no_number_is_named():
    with pytest.raises(InputError, match="--statistics FILE is needed"):
        table8(Sources("mini", []))
    with pytest.raises(InputError, match="none of the splits train, validation, test"):
        table8(Sources("mini", [], statistics=rows("scene-qa,vqa,,pretrain,9,0,0")))
    with pytest.raises(InputError, match="column 'positives': a whole number is needed"):
        table8(Sources("mini", [], statistics=rows("scene-qa,vqa,,train,many,0,0")))
