"""The chapters of the page, in order: page one, a chapter a dimension, annexes. Each is a function of the data."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from dagster_project.report.chapters.accounting import accounting, restatements
from dagster_project.report.chapters.coverage import coverage
from dagster_project.report.chapters.dimension import dimension
from dagster_project.report.chapters.excluded import excluded
from dagster_project.report.chapters.front import front
from dagster_project.report.chapters.key_figures import key_figures
from dagster_project.report.chapters.method import method
from dagster_project.report.chapters.score import score
from dagster_project.report.chapters.tables import annex
from dagster_project.report.content import Chapter, Sentence, Text
from dagster_project.report.data import ReportData
from dagster_project.report.labels import load_labels

ANNEXES = (
    (
        "findings",
        Text("Findings that move the price", "影响价格的发现"),
        Sentence(
            "Every finding with what is at stake, its range in money and what a contract can do about it.",
            "每项发现的涉及金额、金额区间及合同应对方式。",
        ),
        ("score.fct_findings",),
    ),
    (
        "sections",
        Text("Coverage of the forty sections", "四十个章节的覆盖情况"),
        Sentence(
            "Each section of the two source articles, and each of its items: by what it is answered, and if not, why.",
            "两篇来源文章的每一章节及其条目：由何指标回答；未能回答者说明原因。",
        ),
        ("score.fct_section_coverage", "score.fct_item_coverage"),
    ),
    (
        "claims",
        Text("What the seller says", "卖方陈述的核对"),
        Sentence(
            "What the seller claims beside what the delivered records show.", "卖方的陈述与交付数据所示结果的对照。"
        ),
        ("score.fct_seller_claims", "score.fct_definition_spread"),
    ),
    (
        "plan",
        Text("Improvement plan", "改进计划"),
        Sentence(
            "What would make this assessment surer or the book worth more: the next document first.",
            "何种资料或措施可使评估更可靠、客户资产更有价值：最应先补的资料列前。",
        ),
        ("score.fct_improvement_plan", "score.fct_assessment_risk"),
    ),
)

CHAPTERS: tuple[Callable[[ReportData], Chapter], ...] = (
    front,
    key_figures,
    score,
    *(partial(dimension, name=name) for name in load_labels().dimensions),
    accounting,
    excluded,
    coverage,
    method,
    *(partial(annex, anchor=a, title=title, words=words, tables=tables) for a, title, words, tables in ANNEXES),
    restatements,
)
