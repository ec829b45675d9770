"""Strength of tables 1, 2 and 11: reward models on a test set whose size is not stated.

n is taken to be the fewest responses that the granularity of table 11 allows, whatever the
rounding: where the difference is significant with these, it is with more; where not, the n that it
would need is given.
"""

from tldr_reward.metrics.strength import compare_counts
from tldr_reward.paper.audit.granularity import sizes, table11_numbers
from tldr_reward.paper.audit.printed import MODES
from tldr_reward.paper.audit.rows import Numbers
from tldr_reward.paper.audit.strength import ALLOWED, Comparison, means, p_text, shares, untested

_MEASURES = ("response_accuracy", "sentence_accuracy", "token_accuracy", "map_neg", "map_pos")
_BACKBONES = ("paligemma-3b", "llama-3.2-11b-vision")
_BELOW_NAIVE = ("spatial_relationship", "small_object")


def smallest_sizes(numbers: Numbers) -> dict[str, int]:
    """Fewest responses a taxonomy that table 11 allows; their sum for all of them."""
    found = {
        name: sizes(table11_numbers(numbers, name), MODES)[0]
        for name in numbers.rows("table11")
        if name != "overall"
    }
    return found | {"overall": sum(found.values())}


def whole_test_split(numbers: Numbers, taxonomy: str) -> int:
    """Negatives of a taxonomy (or all) in DOCCI's test split by table 8."""
    names = [name for name in numbers.rows("table11") if name != "overall"]
    chosen = names if taxonomy == "overall" else [taxonomy]
    total = sum(int(numbers.text("table8", f"caption/docci/{n}", "negatives")) for n in chosen)
    return round(total * (1 - numbers.share("table8", "caption/docci", "train_share")))


def model_comparisons(numbers: Numbers) -> list[Comparison]:
    """All comparisons of tables 1, 2 and 11."""
    fewest = smallest_sizes(numbers)
    return [
        *_table1(numbers, fewest["overall"]),
        *_table2(numbers, fewest["overall"]),
        *_table11(numbers, fewest),
    ]


def _compare(numbers: Numbers, cells: dict, here: tuple, there: tuple, n: int) -> Comparison:
    """Two cells of one measure: counts for response accuracy, means below it, no test of mAP."""
    first, second = numbers.share(*here), numbers.share(*there)
    measure = here[2]
    cells |= {"printed": f"{numbers.text(*here)}% and {numbers.text(*there)}%", "n_basis": ALLOWED}
    if measure.startswith("map"):
        why = "average precision is no mean over responses: without its spread there is no test"
        return untested(cells, why)
    if measure == "response_accuracy":
        return shares(cells, (round(first * n), n), (round(second * n), n), (first, second))
    return means(cells, first, second, n, True)


def _table1(numbers: Numbers, n: int) -> list[Comparison]:
    found = []
    for backbone in _BACKBONES:
        rivals = (("naive", f"{backbone}/naive", _MEASURES[:1]),
                  ("prompting", "gpt-4o/prompting", _MEASURES))  # fmt: skip
        for rival, row, measures in rivals:
            for measure in measures:
                cells = {
                    "id": f"table1/{backbone}/{rival}/{measure}",
                    "where": f"table 1, {backbone}, {measure}",
                    "statement": f"TLDR is above {rival}",
                    "family": f"table 1, TLDR against {rival}",
                    "claimed": 1,
                    "arithmetic": f"n for both backbones as for table 11, {n} at least",
                }
                here, there = (("table1", name, measure) for name in (f"{backbone}/tldr", row))
                found.append(_compare(numbers, cells, here, there, n))
    return found


def _table2(numbers: Numbers, n: int) -> list[Comparison]:
    found = []
    for part in ("projector_only", "decoder_only"):
        for measure in _MEASURES:
            cells = {
                "id": f"table2/{part}/{measure}",
                "where": f"table 2, {measure}",
                "statement": f"LoRA on projector and decoder is above {part.replace('_', ' ')}",
                "family": f"table 2, both against {part.replace('_', ' ')}",
                "claimed": 1,
            }
            rows = ("paligemma-3b/projector+decoder", f"paligemma-3b/{part}")
            here, there = (("table2", row, measure) for row in rows)
            found.append(_compare(numbers, cells, here, there, n))
    return found


def _table11(numbers: Numbers, fewest: dict[str, int]) -> list[Comparison]:
    found = []
    for rival in ("naive", "projector_only", "decoder_only"):
        for name, n in fewest.items():
            below = rival == "naive" and name in _BELOW_NAIVE
            first, second = (numbers.share("table11", name, c) for c in ("tldr", rival))
            pair = (numbers.text("table11", name, column) for column in ("tldr", rival))
            most = whole_test_split(numbers, name)
            whole = compare_counts(round(first * most), most, round(second * most), most)
            cells = {
                "id": f"table11/{name}/{rival}",
                "where": f"table 11, {name}",
                "statement": f"TLDR is {'below' if below else 'above'} {rival.replace('_', ' ')}",
                "family": f"table 11, TLDR against {rival.replace('_', ' ')}",
                "claimed": -1 if below else 1,
                "printed": "% and ".join(pair) + "%",
                "n_basis": ALLOWED,
                "arithmetic": f"with all {most} negatives of table 8's test share p = "
                f"{p_text(whole.p_value)}",
            }
            pair = [(round(share * n), n) for share in (first, second)]
            found.append(shares(cells, *pair, (first, second)))
    return found
