"""The model card of a reward model: what it is, what it learned from, how good it is, its limits.

A README.md as the hub reads it: a YAML header with measured metrics, then Markdown.
"""

import dataclasses
from collections.abc import Mapping, Sequence

import yaml

from tldr_reward.metrics.operating import precision_at
from tldr_reward.metrics.rows import OperatingPoint
from tldr_reward.paper.scales import scale_note
from tldr_reward.records import Metric

_NAMES = {
    "response_accuracy": "response accuracy",
    "sentence_accuracy": "sentence accuracy",
    "token_accuracy": "token accuracy",
    "map_neg": "mAP of bad tokens",
    "token_precision": "precision of flagged tokens",
    "token_recall": "recall of bad tokens",
    "flagged_originals": "true captions that are flagged",
    "flagged_negatives": "false captions that are flagged",
    "ece": "calibration error, as scored",
    "ece_calibrated": "calibration error, calibrated",
}
_SPLITS = {
    "test": "perturbed captions of test images",
    "ood_phrasing": "the same in phrasings that were never trained on",
    "ood_scene": "scenes of kinds that were never trained on",
}
_LOSSES = {
    "tldr": "each token, hard ones weighing more",
    "plain": "each token, all alike (the paper's loss)",
    "naive": "the last token alone, with the label of the whole response",
}
_LIMITS = {
    "mini": "It knows the scene world, rendered drawings of 64 x 64 pixels with coloured shapes, "
    "and nothing else: of a photograph its scores mean nothing, and of words outside that world's "
    "small vocabulary it knows none.",
    "smoke": "It was trained for a few steps to test the workflow; its scores mean nothing.",
}
_BASE_RATES = (0.01, 0.05, 0.2)


@dataclasses.dataclass(frozen=True)
class Subject:
    """What a card is of: a run, its settings, what it learned from and whose weights it adapts.

    `base_model` is a hub id at a commit; empty for a backbone that the workflow trained, which
    then lies in the model's folder.
    """

    run: str
    backbone: str
    reward_model: str
    scale: str
    seed: str
    licence: str
    base_model: str
    settings: Mapping
    images: int
    captions: int
    negatives: int


def write_model_card(subject: Subject, metrics: Sequence[Metric], calibration: Mapping) -> str:
    """README.md of a reward model, from what was measured of it; nothing in it is typed by hand."""
    points = [OperatingPoint(**point) for point in calibration["operating_points"]]
    parts = [
        f"---\n{_header(subject, metrics)}---",
        f"# {subject.run}: a token-level detective reward model"
        if subject.reward_model != "naive"
        else f"# {subject.run}: a response-level reward model",
        f"{scale_note(subject.scale)} Looks at an image and a caption and gives "
        + (
            "the caption one P(good)."
            if subject.reward_model == "naive"
            else "every token of the caption a P(good): that it is true of the image."
        )
        + " After [Fu et al., ICLR 2025](https://arxiv.org/abs/2410.04734); trained by an "
        "independent artifact of that paper.",
        "## Use\n\n```python\nfrom tldr_reward import Detective\n\n"
        'detective = Detective.load("FOLDER")  # this folder, or owner/name@<commit> on the hub\n'
        'score = detective.score("image.png", "a caption.")\n'
        "for span in score.spans:\n    print(span.text, span.confidence)\n```",
        "## Trained on\n\n" + _training(subject),
        "## Measured\n\n" + _measured(metrics, points),
        "## Calibration and thresholds\n\n" + _thresholds(calibration, points),
        "## Limits\n\n" + _limits(subject),
        f"## Licence\n\n{_licence(subject)}",
    ]
    return "\n\n".join(parts) + "\n"


def _header(subject: Subject, metrics: Sequence[Metric]) -> str:
    results = [
        {
            "task": {"type": "image-text-to-text", "name": "caption error detection"},
            "dataset": {"type": "synthetic", "name": f"{subject.scale} {split}", "split": split},
            "metrics": [
                {"type": row.metric, "name": _NAMES[row.metric], "value": row.value}
                for row in metrics
                if row.split == split and row.metric in _NAMES
            ],
        }
        for split in dict.fromkeys(row.split for row in metrics)
    ]
    fields = {
        "license": subject.licence,
        "library_name": "peft",
        "tags": ["reward-model", "hallucination-detection", "vision-language", "lora"],
        "language": "en",
        "model-index": [{"name": subject.run, "results": results}],
    }
    if subject.base_model:
        fields["base_model"] = subject.base_model.partition("@")[0]
    return yaml.safe_dump(fields, sort_keys=False)


def _training(subject: Subject) -> str:
    settings = subject.settings
    where = (
        f"`{subject.base_model}`"
        if subject.base_model
        else "a backbone that the workflow trained (in `backbone/`)"
    )
    rows = {
        "backbone": f"{subject.backbone}: {where}",
        "images": subject.images,
        "captions and answers": f"{subject.captions}, of which {subject.negatives} false",
        "loss": _LOSSES.get(settings["loss"], settings["loss"]),
        "LoRA": f"rank {settings['lora_rank']} on {' and '.join(settings['parts'])}",
        "steps": f"{settings['steps']} of {settings['batch_images']} images",
        "parameters trained": settings["parameters_trained"],
        "seed": subject.seed,
    }
    return _table(("", ""), rows.items()) + "\n\nAll settings stand in `settings.json`."


def _measured(metrics: Sequence[Metric], points: Sequence[OperatingPoint]) -> str:
    splits = list(dict.fromkeys(row.split for row in metrics))
    by_key = {(row.split, row.metric): row for row in metrics}
    rows = [
        (name, *(_interval(by_key.get((split, metric))) for split in splits))
        for metric, name in _NAMES.items()
        if any((split, metric) in by_key for split in splits)
    ]
    heading = ", ".join(f"`{split}`: {_SPLITS.get(split, split)}" for split in splits)
    judged = next((point for point in points if point.level == "response"), None)
    share = ""
    if judged:
        bad = 100 * judged.bad / (judged.bad + judged.good)
        share = f"; {bad:.0f}% of the validation captions hold an error, others are made alike"
    return (
        f"In percent, with 95% intervals (bootstrap over images){share}. {heading}.\n\n"
        + _table(("", *splits), rows)
    )


def _interval(row: Metric | None) -> str:
    if row is None:
        return "–"
    return f"{100 * row.value:.1f} [{100 * row.low:.1f}, {100 * row.high:.1f}]"


def _thresholds(calibration: Mapping, points: Sequence[OperatingPoint]) -> str:
    line, counted = calibration["calibration"], calibration["fitted_on"]
    # A naive model's one token stands for the caption.
    units = "tokens" if counted["tokens"] > counted["captions"] else "captions"
    if line:
        text = (
            "Verdicts carry a calibrated confidence: log-odds plus "
            f"{line['shift']:.2f}, divided by {line['temperature']:.2f}, fitted on "
            f"{counted['captions']} validation captions ({counted['bad_tokens']} of "
            f"{counted['tokens']} {units} bad), never on test data. It holds for captions like "
            "these; where errors are rarer it is too high, unless `--base-rate` (in Python "
            "`base_rate`) says how rare."
        )
    else:
        text = f"Not calibrated: {calibration['reason']}."
    rows = []
    for point in (point for point in points if point.threshold == 0.5):
        found = [precision_at(point, rate) for rate in _BASE_RATES]
        shares = [f"{100 * share.value:.0f}%" if share else "–" for share in found]
        rows.append((point.level, f"{100 * point.recall:.0f}%", *shares))
    if not rows:
        return text
    header = ("level", "recall", *(f"precision at {100 * rate:g}% bad" for rate in _BASE_RATES))
    return (
        f"{text}\n\nWhat the threshold 0.5 finds, and which share of what it flags is bad where "
        "that many units are; `tldr-reward threshold` tells of other thresholds and base rates.\n\n"
        + _table(header, rows)
    )


def _limits(subject: Subject) -> str:
    said = [
        _LIMITS.get(
            subject.scale,
            "It was trained on the perturbations of one language model: errors that captioners "
            "make of themselves may be of other kinds.",
        ),
        "A P(good) says how like an error something looks, not that somebody has checked it. What "
        "is left out of a caption is never flagged.",
    ]
    if subject.reward_model != "naive":
        said.append(
            "A verdict on a whole caption hangs on its worst token: long captions are flagged more."
        )
    return "\n".join(f"- {line}" for line in said)


def _licence(subject: Subject) -> str:
    if not subject.base_model:
        return f"`{subject.licence}`, data and backbone included: both are made by the workflow."
    return (
        f"`{subject.licence}`: the terms of {subject.base_model.partition('@')[0]}, whose weights "
        "these adapt and which do not lie in this folder."
    )


def _table(header: Sequence[str], rows) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)
