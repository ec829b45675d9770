"""Tables 9 and 10."""

import pytest

from tldr_reward.errors import InputError
from tldr_reward.paper.settings_tables import table9, table10
from tldr_reward.paper.table import Sources


def test_the_papers_settings_first_then_what_else_ran(make_reported):
    printed = [
        make_reported("table9", "paligemma-3b-mix-448", "image_resolution", "448"),
        make_reported("table9", "paligemma-3b-mix-448", "lora_rank", "512"),
        make_reported("table9", "paligemma-3b-mix-448", "gpus_h100", "8"),
        make_reported("table9", "paligemma-3b-mix-448", "batch_size", "8"),
        make_reported("table10", "llama-3.2-11b-vision", "lora_rank", "512"),
    ]
    settings = {
        "format": "reward/1",
        "backbone": {"image_resolution": 64},
        "lora_rank": 64,
        "batch_images": 16,
        "parts": ["projector", "decoder"],
        "seed": 0,
    }
    sources = Sources("mini", printed, settings=[settings, settings | {"seed": 1}])
    rows = table9(sources).rows
    assert [(row["setting"], row["value"], row["reported"]) for row in rows] == [
        ("image_resolution", "64", "448"),
        ("lora_rank", "64", "512"),
        ("gpus_h100", "", "8"),
        ("batch_size", "16", "8"),
        ("parts", "projector decoder", ""),
        ("seed", "0; 1", ""),
    ]
    assert table10(sources).rows[0]["setting"] == "lora_rank"


def test_missing_or_doubled_settings_are_named():
    with pytest.raises(InputError, match="table9: no settings; --settings FILE is needed"):
        table9(Sources("mini", []))
    with pytest.raises(InputError, match="settings have 'seed' twice"):
        table9(Sources("mini", [], settings=[{"seed": 1, "inner": {"seed": 2}}]))
