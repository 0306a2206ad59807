"""Tables of the score and what it covers."""

from __future__ import annotations

from dagster_project.report.marts.mart import Mart

MARTS = (
    Mart(
        "score.fct_section_coverage",
        None,
        "position",
        "section:code title:bilingual items:count! items_assessed:count! items_not_assessed:count!"
        " items_not_applicable:count! status:label reason:bilingual/reason,reason_zh",
    ),
    Mart(
        "score.fct_item_coverage",
        None,
        "position",
        "item:code title:bilingual indicators:code tables:code indicator_count:count! indicators_assessed:count!"
        " status:label reason:bilingual/reason,reason_zh",
    ),
)
