"""How much faster token guidance is: one ratio of geometric means over all annotators."""

import dataclasses
import math
import warnings
from collections.abc import Sequence

import numpy as np
from scipy import stats
from statsmodels.regression.linear_model import OLS
from statsmodels.regression.mixed_linear_model import (
    MixedLM,
    MixedLMResultsWrapper,
    VCSpec,
)

from tldr_reward.annotations import AnnotationRow

_OPTIMIZERS = ("bfgs", "lbfgs", "cg")


@dataclasses.dataclass(frozen=True)
class Ratio:
    """Seconds with binary over seconds with token guidance, and 95% interval.

    `analysis`: `paired` (mean of log ratios of captions had with both), `mixed` (random
    intercepts of annotators, and of captions that several had), or `fixed` (annotators as fixed
    effects, since the mixed model did not converge or was singular).
    """

    analysis: str
    value: float
    low: float
    high: float


def paired_ratio(rows: Sequence[AnnotationRow]) -> Ratio:
    """Of captions that each annotator had with both guidances; units are captions.

    A caption's log ratios are first averaged over its annotators. Student's t interval.
    """
    logs = {(row.annotator, row.item, row.guidance): math.log(row.seconds) for row in rows}
    by_item: dict[str, list[float]] = {}
    for annotator, item, guidance in logs:
        if guidance == "binary":
            ratio = logs[annotator, item, "binary"] - logs[annotator, item, "token"]
            by_item.setdefault(item, []).append(ratio)
    means = np.array([np.mean(values) for values in by_item.values()])
    if len(means) == 1:
        return _ratio("paired", means[0], math.nan, 1)
    return _ratio("paired", means.mean(), means.std(ddof=1) / math.sqrt(len(means)), len(means) - 1)


def fitted_ratio(rows: Sequence[AnnotationRow]) -> Ratio:
    """Of captions that differ between guidances: log seconds on guidance, annotators random.

    Whatever statsmodels warns of (no convergence, a variance near 0, a singular matrix) is taken
    at its word: when no optimizer ends without, the annotators are taken as fixed effects.
    """
    seconds = np.array([math.log(row.seconds) for row in rows])
    binary = np.array([row.guidance == "binary" for row in rows], dtype=float)
    design = np.column_stack([np.ones(len(rows)), binary])
    annotators = _indicators([row.annotator for row in rows])
    items = _indicators([row.item for row in rows])
    repeated = items.shape[1] < len(rows)
    if annotators.shape[1] > 1:
        parts = {"annotator": annotators} | ({"item": items} if repeated else {})
        for method in _OPTIMIZERS:
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                try:
                    result = _mixed(seconds, design, parts, method)
                    error = float(result.bse_fe[1])
                except np.linalg.LinAlgError:  # a singular Hessian
                    continue
            if result.converged and not caught and math.isfinite(error):
                return _ratio("mixed", float(result.fe_params[1]), error)
    fixed = np.column_stack([binary, annotators])
    spread = {"groups": items.argmax(axis=1)} if repeated else None
    fit = OLS(seconds, fixed).fit(cov_type="cluster" if repeated else "HC3", cov_kwds=spread)
    return _ratio("fixed", float(fit.params[0]), float(fit.bse[0]), fit.df_resid)


def _mixed(
    seconds: np.ndarray, design: np.ndarray, parts: dict[str, np.ndarray], method: str
) -> MixedLMResultsWrapper:
    """REML fit with crossed random intercepts: all rows are one group of statsmodels."""
    names = list(parts)
    columns = [[[f"{name}{k}" for k in range(parts[name].shape[1])]] for name in names]
    components = VCSpec(names, columns, [[parts[name]] for name in names])
    model = MixedLM(seconds, design, np.zeros(len(seconds)), exog_vc=components)
    return model.fit(reml=True, method=method)


def _indicators(names: Sequence[str]) -> np.ndarray:
    """One column a name, in alphabetical order, (rows, names)."""
    known = sorted(set(names))
    return np.array([[float(name == other) for other in known] for name in names])


def _ratio(analysis: str, log: float, error: float, freedom: float = math.inf) -> Ratio:
    half = stats.t.ppf(0.975, freedom) * error
    return Ratio(analysis, math.exp(log), math.exp(log - half), math.exp(log + half))
