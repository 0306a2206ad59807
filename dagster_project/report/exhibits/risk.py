"""What the revenue hangs on: few customers, late payers, contracts that end, markets that shrink."""

from __future__ import annotations

from dagster_project.report import plots
from dagster_project.report.content import Block, Sentence, Text
from dagster_project.report.data import ReportData
from dagster_project.report.exhibits.common import drawn, known, money_axis, number, size_of, word
from dagster_project.report.plots import Series


def concentration(data: ReportData) -> list[Block]:
    query = "fct_concentration"
    rows = [row for row in known(data.rows[query], "top1_share", "top10_share") if row["run"] == "current"]
    if not rows:
        return []
    worst = max(rows, key=lambda row: row["top1_share"])
    finding = Sentence(
        "The largest bucket by {cut} brings {share} of the revenue of twelve months; the split is as concentrated as "
        "{effective} equal ones.",
        "按{cut}划分，最大一类占近12个月收入的 {share}；集中程度相当于 {effective} 个等份。",
        {
            "cut": word(data, "cut", worst["cut"]),
            "share": number(worst, query, "top1_share", "share"),
            "effective": number(worst, query, "effective_number", "ratio"),
        },
    )
    series = [
        Series(Text("Largest", "最大一类"), [row["top1_share"] for row in rows]),
        Series(Text("Ten largest", "最大十类"), [row["top10_share"] for row in rows]),
    ]
    names = [word(data, "cut", row["cut"]) for row in rows]
    title = Text("How much hangs on the largest", "收入对最大类别的依赖")
    return [drawn(data, query, title, finding, plots.bars(names, series, "share"))]


def receivables(data: ReportData) -> list[Block]:
    query = "fct_receivables_ageing"
    rows = [row for row in data.rows[query] if row["bucket"] != "written_off"]
    seen = known(rows, "open_amount")
    if not seen:
        return []
    largest = max(seen, key=lambda row: row["open_amount"])
    finding = Sentence(
        "Most is owed in the bucket {bucket}: {amount}, of which {loss} may not come.",
        "欠款最多的账龄区间为{bucket}：{amount}，其中预计损失 {loss}。",
        {
            "bucket": word(data, "ageing", largest["bucket"]),
            "amount": number(largest, query, "open_amount", "money"),
            "loss": number(largest, query, "expected_loss", "money"),
        },
    )
    names = [word(data, "ageing", row["bucket"]) for row in rows]
    series = [
        Series(Text("Open", "未收"), [row["open_amount"] for row in rows]),
        Series(Text("Of it a loss to be expected", "其中预计损失"), [row["expected_loss"] for row in rows]),
    ]
    axis = money_axis(data, Text("Open at as-of", "截至评估日未收"))
    title = Text("Receivables by how late they are", "应收账款账龄")
    return [drawn(data, query, title, finding, plots.bars(names, series, "money", axis))]


def contracts(data: ReportData) -> list[Block]:
    query = "fct_contract_ladder"
    rows = data.rows[query]
    seen = known(rows, "annual_value_in_effect")
    if not seen:
        return []
    ends = list(dict.fromkeys(row["ends"] for row in rows))
    clauses = list(dict.fromkeys(row["change_of_control_clause"] for row in rows))
    cells = {(row["ends"], row["change_of_control_clause"]): row["annual_value_in_effect"] for row in rows}
    largest = max(seen, key=lambda row: row["annual_value_in_effect"])
    finding = Sentence(
        "The largest step is {ends}, change of control {clause}: contracts worth {value} a year.",
        "最大一档：到期 {ends}、控制权变更条款“{clause}”，合同年额 {value}。",
        {
            "ends": word(data, "ends", largest["ends"]),
            "clause": word(data, "clause", largest["change_of_control_clause"]),
            "value": number(largest, query, "annual_value_in_effect", "money"),
        },
    )
    figure = plots.columns(
        [word(data, "ends", end) for end in ends],
        [Series(word(data, "clause", clause), [cells.get((end, clause)) for end in ends]) for clause in clauses],
        "money",
        money_axis(data, Text("Annual value in effect", "有效合同年额")),
    )
    title = Text("Contract ladder: what ends when, by change-of-control clause", "合同到期阶梯（按控制权变更条款）")
    return [drawn(data, query, title, finding, figure)]


def markets(data: ReportData) -> list[Block]:
    query = "fct_market_exposure"
    rows = [
        row for row in data.rows[query] if row["kind"] == "customer industry" and row["reference_growth"] is not None
    ]
    seen = known(rows, "revenue_share", "own_growth")
    if not seen:
        return []
    largest = max(seen, key=lambda row: size_of(row["revenue_share"]))
    finding = Sentence(
        "{industry} brings {share} of revenue: own growth {own} beside {reference} of that industry.",
        "{industry}占收入 {share}：自身增长 {own}，行业增长 {reference}。",
        {
            "industry": word(data, "word", largest["industry"]),
            "share": number(largest, query, "revenue_share", "share"),
            "own": number(largest, query, "own_growth", "share"),
            "reference": number(largest, query, "reference_growth", "share"),
        },
    )
    series = [
        Series(Text("Own growth", "自身增长"), [row["own_growth"] for row in rows]),
        Series(Text("Growth of the industry", "行业增长"), [row["reference_growth"] for row in rows]),
    ]
    names = [word(data, "word", row["industry"]) for row in rows]
    title = Text("Own growth beside that of the customers' industries", "自身增长与客户行业增长对照")
    return [drawn(data, query, title, finding, plots.bars(names, series, "share"))]


def key_people(data: ReportData) -> list[Block]:
    query = "fct_key_people"
    rows = data.rows[query]
    seen = known(rows, "revenue_share")
    if not seen:
        return []
    largest = max(seen, key=lambda row: row["revenue_share"])
    finding = Sentence(
        "{share} of the revenue of twelve months stands with accounts held by: {standing}.",
        "近12个月收入的 {share} 来自由“{standing}”负责的客户。",
        {
            "share": number(largest, query, "revenue_share", "share"),
            "standing": word(data, "standing", largest["standing"]),
        },
    )
    names = [word(data, "standing", row["standing"]) for row in rows]
    series = [Series(Text("Share of revenue", "收入占比"), [row["revenue_share"] for row in rows])]
    title = Text("Who holds the accounts", "客户由谁负责")
    return [drawn(data, query, title, finding, plots.bars(names, series, "share"))]
