"""Figures 3, 5 and 6 and estimated against true: what stands where."""

import dataclasses
import math

import pytest
from matplotlib.text import Text

from tldr_reward.errors import InputError
from tldr_reward.metrics.zoo import ExampleToken
from tldr_reward.metrics.zoo_correlation import AGREEMENT, ZooPoint, zoo_fits
from tldr_reward.paper.token_rates import draw_token_rates
from tldr_reward.paper.zoo_figures import (
    draw_estimated_against_true,
    draw_score_against_hallucination,
)


def points(score, source, values, level="token"):
    return [
        ZooPoint("mini", score, source, level, f"m{n}", x, x - 0.1, x + 0.1, y, y - 1, y + 1, 0)
        for n, (x, y) in enumerate(values, start=1)
    ]


def texts(axis):
    return [text.get_text() for text in axis.texts]


def test_score_against_hallucination_has_the_papers_points_and_ours():
    found = [
        *points("exam", "reported", [(3, 27), (6, 43), (8, 60), (9, 69)]),
        *points("exam", "estimated", [(1, 30), (2, 50), (3, 40)]),
        *points("mix", "true", [(1, 30), (2, 50), (3, 40)]),
    ]
    figure = draw_score_against_hallucination(found, zoo_fits(found), "exam", "mini")
    paper, estimated, true = figure.axes
    assert paper.get_title() == "The paper's points: MMMU"
    assert estimated.get_title() == "scene-exam, rate estimated by TLDR (mini scale)"
    assert texts(paper)[:4] == ["1", "2", "3", "4"]
    note = texts(estimated)[-1].splitlines()
    assert note[0] == "y = 30.00 + 5.00 x"
    assert note[1] == "r = 0.50"
    assert note[2].startswith("exact p = ") and note[2].endswith(", n = 3")
    assert note[3] == "r without one model: −1.00 to 1.00"
    assert texts(true) == ["no model has both numbers"]
    with pytest.raises(InputError, match="score 'mmmu'; allowed: exam, mix"):
        draw_score_against_hallucination(found, [], "mmmu", "mini")


def test_estimated_against_true_is_in_percent_on_logarithmic_axes():
    found = points("rate", AGREEMENT, [(2, 1), (3, 2), (4, 3)])
    token, sentence, _ = draw_estimated_against_true(found, zoo_fits(found), "mini").axes
    assert token.get_xscale() == token.get_yscale() == "log"
    place = token.containers[0].lines[0].get_xydata()[0]
    assert place.tolist() == pytest.approx([100 * math.exp(-2), 100 * math.exp(-1)])
    assert texts(sentence) == ["no model has both numbers"]


def test_a_rate_of_zero_stands_at_the_edge_and_is_no_part_of_the_line():
    found = points("rate", AGREEMENT, [(2, 1), (3, 2), (4, 3), (9, 2)])
    found[-1] = dataclasses.replace(found[-1], zero=1)
    axis = draw_estimated_against_true(found, zoo_fits(found), "mini").axes[0]
    place = axis.containers[3].lines[0].get_xydata()[0]
    assert place.tolist() == pytest.approx([100 * math.exp(-4) / 2, 100 * math.exp(-2)])
    shown = " ".join(texts(axis))
    assert "r of the logarithms = 1.00" in shown and "n = 3" in shown
    assert "hollow: a rate of 0, not in r" in shown


def token(word, start, sentence, p_good, bad=0, judged=1):
    run = ("m", "llama", "tldr", "mini", "0", "test", "test-0-m")
    return ExampleToken(
        *run, start, start + len(word), word, sentence, p_good, int(p_good <= 0.5), judged, bad
    )


def test_token_rates_are_worked_out_below_a_line_a_sentence():
    tokens = [
        token("red", 0, 0, 0.2, bad=1),
        token("ring", 4, 0, 0.9),
        token(".", 8, 0, 0.9),
        token("blah", 10, 1, 0.4, judged=0),
    ]
    axis = draw_token_rates(tokens, "mini").axes[0]
    shown = {text.get_text(): text for text in axis.texts}
    assert "As TLDR estimates them (boxed): 2/4 tokens = 50.0%, 2/2 sentences = 100.0%, " \
        "response: 1." in shown  # fmt: skip
    assert "As the oracle knows them (underlined): 1/3 tokens = 33.3%, 1/1 sentences = 100.0%, " \
        "response: 1." in shown  # fmt: skip
    assert "1 tokens are of sentences that it cannot parse." in shown
    assert shown["red"].get_position()[1] == shown["ring"].get_position()[1]
    assert shown["blah"].get_position()[1] > shown["ring"].get_position()[1]
    assert shown["."].get_position()[0] > shown["ring"].get_position()[0]
    assert shown["red"].get_bbox_patch().get_edgecolor()[:3] == (0, 0, 0)
    assert len(axis.lines) == 1  # one token is underlined


def test_a_model_that_said_nothing_has_a_figure_that_says_so():
    figure = draw_token_rates([], "smoke")
    assert figure.texts[0].get_text() == "the model captioned nothing (smoke scale)"


def test_a_text_of_dollars_and_backslashes_is_no_formula(tmp_path):
    tokens = [token("$\\frac{1}{", 0, 0, 0.2), token("$$", 11, 0, 0.9)]
    figure = draw_token_rates(tokens, "mini")
    figure.savefig(tmp_path / "f.png")
    drawn = {text.get_text() for text in figure.findobj(Text) if not text.get_parse_math()}
    assert {"$\\frac{1}{", "$$"} <= drawn
