"""How to read the figures, what is hidden, and the goalposts behind the scores."""

from __future__ import annotations

from dagster_project.report.content import Block, Chapter, Column, Heading, Paragraph, Sentence, Table, Text
from dagster_project.report.data import ReportData

TITLE = Text("Method and goalposts", "方法与标杆")
GOALPOSTS = (
    Column("indicator", "bilingual", parts=("name_en", "name_zh")),
    Column("dimension", "label", area="dimension"),
    Column("value", "figure"),
    Column("floor_value", "figure"),
    Column("target_value", "figure"),
    Column("score", "score"),
    Column("score_interval", "pair", parts=("score_ci_low", "score_ci_high")),
    Column("weight", "share"),
    Column("basis", "label", area="goalpost_basis"),
)


def method(data: ReportData) -> Chapter:
    """In words first, then the goalposts."""
    least = Text(f"{data.least}", f"{data.least}")
    blocks: list[Block] = [
        Paragraph(
            Sentence(
                "Every figure comes from a published table of this build; each chapter names its tables. Windows are "
                "the twelve months that end on the day of assessment. Shares of counts carry a Wilson 95% interval, "
                "money, means and concentrations a customer bootstrap; totals have none.",
                "所有数据均取自本次构建的发布表，各章末列出来源。窗口期为截至评估日的12个月。"
                "计数占比附 Wilson 95% 区间，金额、均值与集中度附客户自助法区间；合计数无区间。",
            )
        ),
        Paragraph(
            Sentence(
                "This report holds aggregates only. A count of customers below {least}, and a figure that so few stand "
                "behind, is hidden, and so are as many other cells as it takes that it cannot be worked out; a figure "
                "is hidden as well where it would repeat such a cell. Zero is shown. Counts of rows, cells and checks "
                "are not of people and are shown.",
                "本报告仅含汇总数据。少于 {least} 位客户的计数及其相关数据予以隐去，"
                "并同时隐去足够的其他单元格以防推算；"
                "等同于被隐去单元格的数据亦隐去。零照常展示。数据行、单元格与检查的计数不涉及个人，照常展示。",
                {"least": least},
            )
        ),
        Heading("method-goalposts", Text("Goalposts", "标杆")),
    ]
    missing = data.absent("indicator_scores", Text("No indicator has goalposts.", "尚无设有标杆的指标。"))
    if missing is not None:
        return Chapter("annex-method", TITLE, [*blocks, missing], "annex")
    blocks += [
        Paragraph(
            Sentence(
                "An indicator scores 0 at its floor and 100 at its target, on a straight line between; where lower is "
                "better the target lies below the floor.",
                "指标在下限得 0 分、在目标得 100 分，其间线性插值；越低越好的指标，目标低于下限。",
            )
        ),
        Table(
            "goalposts",
            "indicator_scores",
            Text("Goalposts and scores", "标杆与得分"),
            GOALPOSTS,
            data.ordered("indicator_scores"),
        ),
    ]
    return Chapter("annex-method", TITLE, blocks, "annex")
