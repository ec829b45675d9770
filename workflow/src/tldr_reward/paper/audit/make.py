"""The whole audit: every check of the registry's numbers, ids unique, Holm's p by family."""

from collections.abc import Sequence

from tldr_reward.paper.audit.claims_in_text import text_rows
from tldr_reward.paper.audit.claims_on_tau import tau_rows
from tldr_reward.paper.audit.granularity import granularity_rows
from tldr_reward.paper.audit.labels import LabelledFunction, label_rows
from tldr_reward.paper.audit.regressions import regression_rows
from tldr_reward.paper.audit.rows import AuditRow, Numbers
from tldr_reward.paper.audit.sources import source_rows
from tldr_reward.paper.audit.strength import strength_rows
from tldr_reward.paper.audit.strength_of_lines import line_comparisons, lowest_comparisons
from tldr_reward.paper.audit.strength_of_models import model_comparisons
from tldr_reward.paper.audit.strength_of_people import people_comparisons
from tldr_reward.paper.audit.strength_of_taus import tau_comparisons
from tldr_reward.paper.audit.sums import sum_rows
from tldr_reward.paper.reported import ReportedValue


def audit_rows(
    reported: Sequence[ReportedValue], functions: Sequence[tuple[LabelledFunction, str]]
) -> list[AuditRow]:
    """All rows of the audit; `functions` come with their parities.

    Raises InputError where the registry lacks a value that a check needs.
    """
    numbers = Numbers(reported)
    comparisons = [
        *model_comparisons(numbers),
        *people_comparisons(numbers),
        *tau_comparisons(numbers),
        *lowest_comparisons(numbers),
        *line_comparisons(numbers),
    ]
    return [
        *sum_rows(numbers),
        *granularity_rows(numbers),
        *regression_rows(numbers),
        *source_rows(numbers),
        *text_rows(numbers),
        *tau_rows(numbers),
        *label_rows(functions, numbers),
        *strength_rows(comparisons),
    ]
