"""The audit as a page: counts, order, cells."""

from tldr_reward.paper.audit.page import place_of, render_audit
from tldr_reward.paper.audit.rows import AuditRow


def row(name, verdict, kind="sum", **cells):
    return AuditRow(name, kind, "here", "a is b", "1 | 2", "", "1 + 1 = 2", verdict, **cells)


def test_a_page():
    page = render_audit(
        [
            row("sum/table10/a", "consistent"),
            row("sum/table4/b", "inconsistent"),
            row("sum/table4/c", "cannot be told"),
            row("strength/table4/d", "cannot be told", "strength", family="table 4", p="0.2"),
        ]
    )
    lines = page.splitlines()
    assert "| sums, means, shares of counts | 1 | 0 | 1 | 1 | 3 |" in lines
    assert "| strength of comparisons | 0 | 0 | 0 | 1 | 1 |" in lines
    assert "| **all** | 1 | 0 | 1 | 2 | 4 |" in lines
    headings = [line for line in lines if line.startswith("#")]
    assert headings == [
        "# Audit of the paper's printed numbers",
        "## What does not add up (1)",
        "## Everything else, by table",
        "### Table 4",
        "### Table 10",
        "## Strength",
        "### Table 4",
    ]
    assert "| here | a is b | 1 \\| 2 | – | 1 + 1 = 2 |" in lines
    assert page.count("\n\n\n") == 0
    assert page.endswith("|\n")


def test_places():
    assert place_of(row("sum/figure3/x", "consistent")) == "Figure 3"
    assert place_of(row("sum/human_evaluation/x", "consistent")) == "Human evaluation"
