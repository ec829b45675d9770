"""What the notebook on tau says: rows of its tables, and sentences on what is shown."""

from collections.abc import Iterable, Mapping, Sequence

from tldr_reward.paper.figure_style import backbone_title
from tldr_reward.paper.notebook import listed, percent_text, share_text
from tldr_reward.paper.table import p_text
from tldr_reward.paper.tau_sweep import MODELS
from tldr_reward.paper.tau_tables import BENCHMARKS
from tldr_reward.paper.tau_verdicts import (
    Changes,
    Shown,
    TauRows,
    better_by_model,
    blind_at,
    direction,
    falls,
    greatest_p,
    lowest_change,
    shown_changes,
    shown_on_benchmarks,
)

_ARROWS = {1: "↑", -1: "↓"}


def lora_of(model: str) -> str:
    """What a LoRA learned."""
    return MODELS[model][1] if model in MODELS else model


def tau_list(taus: Iterable[float]) -> str:
    """Taus for a table."""
    return listed(f"{tau:g}" for tau in taus)


def at_taus(taus: Sequence[float]) -> str:
    """Taus for a sentence."""
    return f"at τ = {tau_list(taus)}" if taus else "at no τ"


def places(shown: Iterable[tuple[str, float]]) -> str:
    """Benchmarks with their taus, for a sentence."""
    taus: dict[str, list[float]] = {}
    for heading, tau in shown:
        taus.setdefault(heading, []).append(tau)
    told = (f"{heading.lower()} {at_taus(own)}" for heading, own in taus.items())
    return "; ".join(told) or "none"


def accuracy_cell(rows: TauRows, backbone: str, benchmark: str, tau: float, way: str = "") -> str:
    """TLDR's accuracy in percent, marked where it is shown to differ from tau = 0."""
    text = percent_text(rows.at(backbone, "tldr", f"{way}accuracy", tau, benchmark))
    sign = direction(rows, backbone, "tldr", benchmark, tau, way)
    return f"**{text} {_ARROWS[sign]}**" if sign else text


def approximate_p_text(p: float) -> str:
    """A p value that is not known to more digits than these."""
    return "<\N{NO-BREAK SPACE}0.0001" if p < 1e-4 else p_text(p)


def yes_or_no(shown: Sequence, compared: int) -> str:
    """Whether anything is shown; a dash where nothing was compared."""
    return "–" if not compared else "yes" if shown else "no"


def best_row(rows: TauRows, backbone: str, benchmark: str, tau: float) -> list[str]:
    """TLDR's accuracy on a benchmark at tau = 0 and at another tau."""

    def share(metric: str, at: float) -> str:
        return share_text(rows.at(backbone, "tldr", metric, at, benchmark))

    gained, lost = (rows.at(backbone, "tldr", part, tau, benchmark) for part in ("gained", "lost"))
    p_values = [
        greatest_p(rows, backbone, "tldr", benchmark, tau, metric)
        for metric in ("mcnemar_p", "holm_p")
    ]
    return [
        backbone_title(backbone),
        BENCHMARKS[benchmark][0],
        share("accuracy", 0),
        f"{tau:g}",
        share("accuracy", tau),
        f"{gained.value:g} / {lost.value:g}" if gained and lost else "–",
        *("–" if p is None else p_text(p) for p in p_values),
    ]


def caption_row(rows: TauRows, changes: Changes, backbone: str, tau: float) -> list[str]:
    """Rates of captions under TLDR's LoRA at a tau, and what else is known of them."""
    change, p = changes.get((backbone, tau), (None, None))
    detectors = (backbone, rows.other_detector(backbone))
    return [
        f"{tau:g}",
        *(share_text(rows.estimate(backbone, detector, tau), 2) for detector in detectors),
        share_text(rows.at(backbone, "tldr", "true_hallucination_token", tau), 2),
        share_text(change, 2),
        "–" if p is None else approximate_p_text(p),
        *(
            share_text(rows.at(backbone, "tldr", metric, tau))
            for metric in ("truncated", "empty", "unparsed_sentences")
        ),
    ]


def control_row(
    changes: Mapping[str, Changes], backbone: str, model: str, benchmarks: Shown, captions: Shown
) -> list[str]:
    """What is shown with one LoRA, on benchmarks and in captions."""
    lowest = lowest_change(changes[model], backbone)
    taus = (captions.better, captions.worse)
    return [
        backbone_title(backbone),
        lora_of(model),
        str(len(benchmarks.better)),
        str(len(benchmarks.worse)),
        str(benchmarks.compared),
        *(tau_list(own) if captions.compared else "–" for own in taus),
        f"{share_text(lowest[1], 2)} {at_taus([lowest[0]])}" if lowest else "–",
    ]


def benchmark_sentence(rows: TauRows, backbone: str) -> str | None:
    """What TLDR's LoRA does on benchmarks, and where it can do little; None without any."""
    better, worse, compared = shown_on_benchmarks(rows, backbone, "tldr")
    if not compared:
        return None
    # Where accuracy is no better than a constant answer's, there is little to lose.
    blind = {tau: blind_at(rows, backbone, tau) for tau in rows.benchmark_taus(backbone, "tldr")}
    never = [name for name in blind[0] if all(name in names for names in blind.values())]
    at_zero, at_any = (listed(name.lower() for name in names) for names in (blind[0], never))
    if never and never == blind[0]:
        at_any = "the same"
    return (
        f"**{backbone_title(backbone)}**, {compared} comparisons with τ = 0. Shown to be better: "
        f"{places(better)}. Shown to be worse: {places(worse)}. Not shown to be above a constant "
        f"answer at τ = 0: {at_zero}; at any τ: {at_any}."
    )


def caption_sentence(rows: TauRows, changes: Changes, backbone: str) -> str:
    """Where estimates of TLDR's captions fall, and where their true rate does."""
    name = f"**{backbone_title(backbone)}:**"
    own = falls(rows, backbone, backbone)
    other = falls(rows, backbone, rows.other_detector(backbone))
    lower, higher, compared = shown_changes(changes, backbone)
    if own is None and not compared:
        return f"{name} without a caption that says anything at τ = 0, no rate."
    parts = [
        f"{whose} estimate falls {at_taus(taus)}"
        for whose, taus in (("its own TLDR's", own), ("the other's", other))
        if taus is not None
    ]
    if compared:
        parts.append(
            f"the true rate is shown to be lower {at_taus(lower)}, higher {at_taus(higher)}"
        )
        pleased = [tau for tau in own or () if tau not in lower]
        if pleased:
            parts.append(
                f"the own estimate falls and the true rate is not shown to {at_taus(pleased)}"
            )
    else:
        parts.append("the oracle understands no caption, so that the true rate is not known")
    return f"{name} {'; '.join(parts)}."


def reason(better: Mapping[str, bool]) -> str:
    """Whether some tau is better with TLDR's LoRA, and whether the labels can be why."""
    others = [name for name in better if name != "tldr"]
    alike = " and ".join(lora_of(name) for name in others if better[name])
    if "tldr" not in better:
        return "nothing was compared"
    if not better["tldr"]:
        told = "no τ above zero is shown to be better"
        return f"{told}, but some is with {alike}" if alike else told
    if not others:
        return "some τ is better; without a control it is open why"
    if not alike:
        return "some τ is better, and with no control is any shown to be"
    return f"some τ is better, and some is with {alike}: labels need not be the reason"


def reason_sentence(rows: TauRows, changes: Mapping[str, Changes], backbone: str) -> str:
    """`reason` of benchmarks and of captions."""
    found = better_by_model(rows, changes, backbone)
    told = "; ".join(f"{what}: {reason(better)}" for what, better in found.items())
    return f"**{backbone_title(backbone)}.** {told}."
