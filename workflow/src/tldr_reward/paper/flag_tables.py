"""Human evaluation and PixelProse-style rates: what flags are worth, by name of denominator."""

import dataclasses
from collections.abc import Mapping

from tldr_reward.paper.measured import backbones, need_rows, pooled_metrics, seed_notes
from tldr_reward.paper.pooling import pool, seeds_text
from tldr_reward.paper.reported import printed_values
from tldr_reward.paper.table import Sources, Table, percent

# Metric -> (what it is of, what is counted among them).
_RATES = {
    "false_negative_rate": ("sentences that are bad", "those with no flagged token"),
    "false_discovery_rate": ("sentences with a flagged token", "those that are true"),
    "sampled_false_discovery_rate": (
        "sentences with a flagged token, drawn at random",
        "those that are true",
    ),
    "false_omission_rate": ("sentences with no flagged token", "those that are bad"),
}
_LEVELS = {
    "token": "a caption's tokens, averaged over captions",
    "sentence": "a caption's sentences, averaged over captions",
    "response": "captions, with at least one such token",
}
_PRINTED_RATE = "sentence_false_negative_rate"


def human_evaluation(sources: Sources) -> Table:
    """The sentence check: three rates that its name could mean; the paper's below ours."""
    rows = [
        _rate_row(sources, backbone, rate) for backbone in backbones(sources) for rate in _RATES
    ]
    need_rows(rows, "human_evaluation", "rates of false flags")
    for (model, column), value in printed_values(sources.reported, "human_evaluation").items():
        if column == _PRINTED_RATE:
            n = next(
                entry.n
                for entry in sources.reported
                if (entry.table, entry.row) == ("human_evaluation", model)
            )
            rows.append(_printed_row(sources, model, value, n))
    reading = (
        ("Captions of", "captions"),
        ("Detector", "backbone"),
        ("Rate", "rate"),
        ("Of", "denominator"),
        ("Counted", "numerator"),
        ("Percent", "value"),
        ("n", "n"),
    )
    title = "Human evaluation: how often flags on sentences are wrong"
    notes = (
        "Percent, with 95% intervals in brackets (Wilson where no image has two sentences, else "
        "bootstrap over images). Labels of the captions stand in for people.",
        'The paper calls its numbers "sentence false negative rates"; its answer to reviewers '
        "describes 100 sentences with a flagged token, of which that share was true: a false "
        "discovery rate. 8.7, 9.8 and 10.5 percent are no shares of 100 sentences. Its rows are "
        "therefore under neither name.",
        "Of the captions of `test` half are true, and the others have one or two false sentences; "
        "the rates of false discovery and omission depend on that. Of several seeds, n is each "
        "one's own, as they flag other sentences.",
        *seed_notes(sources),
    )
    return Table(title, sources.scale, tuple(rows[0]), tuple(rows), reading, notes)


def _rate_row(sources: Sources, backbone: str, rate: str) -> dict[str, str]:
    """A rate of which there was no sentence stays empty, with n = 0.

    Seeds flag other sentences, so that each seed has its own n.
    """
    own = [row for row in sources.metrics if row.backbone == backbone]
    rows = sorted((row for row in own if row.metric == rate), key=lambda row: int(row.seed))
    # Pooling needs equal n, which says nothing here: bounds are averaged, not drawn again.
    found = pool([dataclasses.replace(row, n=rows[0].n) for row in rows], {}) if rows else None
    return {
        "captions": own[0].split,
        "backbone": backbone,
        "rate": rate,
        "denominator": _RATES[rate][0],
        "numerator": _RATES[rate][1],
        "value": percent(found.value if found else None),
        "value_low": percent(found.low if found else None),
        "value_high": percent(found.high if found else None),
        "value_reported": "",
        "n": " ".join(str(row.n) for row in rows) or "0",
        "seeds": " ".join(found.seeds) if found else "",
        "scale": sources.scale,
        "reported_row": "",
    }


def _printed_row(sources: Sources, model: str, value: str, n: str) -> dict[str, str]:
    return {
        "captions": model,
        "backbone": "",
        "rate": "not_defined",
        "denominator": "not said: false negatives or flagged sentences",
        "numerator": "",
        "value": "",
        "value_low": "",
        "value_high": "",
        "value_reported": value,
        "n": n,
        "seeds": "",
        "scale": sources.scale,
        "reported_row": model,
    }


def pixelprose(sources: Sources) -> Table:
    """Shares flagged at three levels, the true shares beside them."""
    printed = printed_values(sources.reported, "pixelprose")
    rows = [
        row
        for backbone in backbones(sources)
        for level in _LEVELS
        if (row := _share_row(sources, backbone, level, printed))
    ]
    need_rows(rows, "pixelprose", "shares of flagged captions")
    reading = (
        ("Captions of", "captions"),
        ("Detector", "backbone"),
        ("Level", "level"),
        ("Share of", "denominator"),
        ("Flagged (%)", "flagged"),
        ("Truly bad (%)", "bad"),
        ("n captions", "n"),
    )
    title = "Share of captions flagged, as the paper measures PixelProse"
    ours = "ours are of captions that nobody has labelled either."
    if any(row["bad"] for row in rows):
        ours = (
            "ours are of captions some of which were perturbed on purpose. To be compared here: "
            "flagged with truly bad."
        )
    notes = (
        "Percent, with 95% intervals in brackets (bootstrap over images). The paper's values are "
        f"of 3,000 PixelProse captions, whose true shares nobody knows; {ours}",
        *seed_notes(sources),
    )
    return Table(title, sources.scale, tuple(rows[0]), tuple(rows), reading, notes)


def _share_row(
    sources: Sources, backbone: str, level: str, printed: Mapping[tuple[str, str], str]
) -> dict[str, str]:
    """One level of one detector, or {} when it was not measured.

    Where other levels have a true share this one must have it; captions may lack labels.
    """
    split = next(row.split for row in sources.metrics if row.backbone == backbone)
    names = f"flagged/{level}", f"bad/{level}"
    labelled = any(row.metric.startswith("bad/") for row in sources.metrics)
    pooled = pooled_metrics(sources, backbone, "tldr", split, names)
    if len(pooled) < len(names[: 1 + labelled]):
        return {}
    row = {
        "captions": split,
        "backbone": backbone,
        "level": level,
        "denominator": _LEVELS[level],
    }
    for column, name in zip(("flagged", "bad"), names, strict=True):
        found = pooled.get(name)
        row[column] = percent(found.value if found else None)
        row[f"{column}_low"] = percent(found.low if found else None)
        row[f"{column}_high"] = percent(found.high if found else None)
    row["flagged_reported"] = printed.get(("pixelprose", f"hallucination_{level}"), "")
    n = str(pooled[names[0]].n)
    return row | {
        "n": n,
        "seeds": seeds_text(pooled),
        "scale": sources.scale,
        "reported_row": "pixelprose",
    }
