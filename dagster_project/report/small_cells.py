"""Which figures of the report are small cells, and what else would give them away.

Small: a count of people from 1 to k - 1; money or a share of a bucket with so few active; any figure on fewer than k
answers. Zero is shown. A share of the whole book is shown where k or more stand behind it, one of a cut only where
neither side is small. Rows, cells and checks of the data itself are not people.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from dagster_project.report.content import HIDDEN, Row
from dagster_project.report.disclosure import hide_repeats, hide_small
from dagster_project.report.marts import MARTS
from dagster_project.report.suppression import Cells, Key, checked

MIX_COUNTS = ("customers", "customers_active", "customers_new_12m")
MIX_MONEY = ("revenue_net_12m", "margin_net_12m")
FLOWS = ("new", "reactivated", "lost", "lost_completed", "lost_churned")
STOCKS = ("opening", "closing")
INDICATOR = ("value", "numerator", "denominator", "n", "ci_low", "ci_high")
SCORE = ("value", "n", "score", "score_ci_low", "score_ci_high")
RETENTION = ("customer_months", "active_months", "retention", "retention_ci_low", "retention_ci_high")

COUNT_UNITS = frozenset({"customers", "leads", "orders", "tickets"})
# Their n counts years, products, plans or controls, not people.
NOT_OF_PEOPLE = frozenset(
    {
        "growth_stability", "competitor_position", "target_attainment", "target_set_before", "initiative_completion",
        "initiative_effect", "control_coverage", "control_staleness", "incident_accountability", "incidents_12m",
    }
)  # fmt: skip
# The n of a rating counts those who were asked to judge the company, whom the rating is not about.
RATED = "rating"

# Indicators that are cells of another table, or follow from one: hidden there, hidden here.
IN_CENSUS = {
    ("customers_new_12m", ""): "new",
    ("customers_lost_12m", ""): "lost",
    ("customers_reactivated_12m", ""): "reactivated",
    ("customers_active", ""): "closing",
    ("customers_lost_12m", "completed"): "lost_completed",
    ("customers_lost_12m", "churned"): "lost_churned",
}
IN_MIX = {"customers_total": "customers", "customers_active": "customers_active"}
FROM_CENSUS = {
    "churn_rate_12m": ("opening", "lost"),
    "retention_rate_12m": ("opening", "lost"),
    "customer_growth_yoy": ("opening", "closing"),
}
FROM_TYPE = {f"{kind}_share": kind for kind in ("government", "enterprise", "institution", "individual")}


def suppress(rows: Mapping[str, Sequence[Row]], least: int) -> dict[str, list[Row]]:
    """Copies of the report's rows, by query, with small cells and their complements replaced by `HIDDEN`.

    Raises `ReportError` if a small cell could still be worked out: the report is then not written.
    """
    out = {name: [dict(row) for row in found] for name, found in rows.items()}
    if least > 1:
        hidden = checked(_whole_book(out["census"], out["mix"], out["indicators"], least), least)
        _hide_census(out["census"], hidden)
        _hide_mix(out["mix"], out["mix_totals"], out["mix_contributors"], hidden, least)
        gone = _hide_indicators(out["indicators"], hidden, least)
        _hide_scores(out, gone)
        _hide_cohorts(out["cohort_retention"], out["cohort_revenue"], least)
        for mart in MARTS:
            hide_small(mart, out.get(mart.query, []), out["mix"], least)
            hide_repeats(mart, out.get(mart.query, []), gone)
    return out


def small(value: Any, least: int) -> bool:
    return value is not None and value is not HIDDEN and 0 < abs(value) < least


def _blank(row: Row, names: Iterable[str]) -> None:
    for name in names:
        if row[name] is not None:
            row[name] = HIDDEN


def _whole_book(census: Sequence[Row], mix: Sequence[Row], indicators: Sequence[Row], least: int) -> Cells:
    """Every count of customers in the report, and the sums that tie them."""
    cells = Cells()
    for row in census:
        _add_period(cells, row, least)
    for row in census:
        _tie_period(cells, row)
    for measure in MIX_COUNTS:
        _add_mix(cells, mix, measure, lambda row, name=measure: small(row[name], least), least)  # type: ignore[misc]
    for row in indicators:
        if row["unit"] == "customers" and row["value"] is not None:
            _tie_indicator(cells, row, least)
    return cells


def _period(row: Row, name: str) -> Key:
    return ("census", row["period_type"], row["months_back"], name)


def _add_period(cells: Cells, row: Row, least: int) -> None:
    for name in (*STOCKS, *FLOWS):
        if row[name] is not None:
            cells.add(_period(row, name), row[name], small(row[name], least))
    cells.dear |= {_period(row, name) for name in STOCKS}  # they tie the periods together
    signs = {"opening": 1, "new": 1, "reactivated": 1, "lost": -1, "closing": -1}
    cells.relate({_period(row, name): sign for name, sign in signs.items()})
    cells.relate({_period(row, name): 1 for name in ("lost_completed", "lost_churned")} | {_period(row, "lost"): -1})


def _tie_period(cells: Cells, row: Row) -> None:
    """A period opens where the one before closed, and a year closes with its last month."""
    before = row["months_back"] + (12 if row["period_type"] == "year" else 1)
    cells.relate({("census", row["period_type"], before, "closing"): 1, _period(row, "opening"): -1})
    if row["period_type"] == "year":
        cells.relate({("census", "month", row["months_back"], "closing"): 1, _period(row, "closing"): -1})


def _add_mix(cells: Cells, mix: Sequence[Row], measure: str, is_sensitive: Callable[[Row], bool], least: int) -> None:
    """Buckets of one breakdown add up to the book, the same in each breakdown."""
    buckets: dict[str, list[Row]] = defaultdict(list)
    for row in mix:
        if row[measure] is not None:
            buckets[row["breakdown"]].append(row)
    for breakdown, found in buckets.items():
        total = ("book", breakdown, measure)
        value = sum(row[measure] for row in found)
        cells.add(total, value, cells.are_counts and small(value, least))
        cells.dear.add(total)
        for row in found:
            cells.add(("mix", breakdown, row["breakdown_value"], measure), row[measure], is_sensitive(row))
        cells.relate({("mix", breakdown, r["breakdown_value"], measure): 1 for r in found} | {total: -1})
    for one, other in pairwise(sorted(buckets)):
        cells.relate({("book", one, measure): 1, ("book", other, measure): -1})


def _tie_indicator(cells: Cells, row: Row, least: int) -> None:
    """An indicator that counts customers is a cell, and often the same one as in the census or the mix."""
    code = row["indicator_code"]
    key = ("indicator", code, row["breakdown"], row["breakdown_value"])
    cells.add(key, row["value"], small(row["value"], least))
    cells.dear.add(key)
    same: list[Key] = []
    if (code, row["breakdown_value"]) in IN_CENSUS:
        same.append(("census", "year", 0, IN_CENSUS[code, row["breakdown_value"]]))
    if code in IN_MIX and not row["breakdown"]:
        same += [other for other in cells.values if other[0] == "book" and other[2] == IN_MIX[code]]
    if code == "customers_lost" and not row["breakdown"]:
        same.append(("mix", "lifecycle_stage", "lost", "customers"))
    for other in same:
        if cells.values.get(other) == cells.values[key]:
            cells.relate({key: 1, other: -1})


def _hide_census(census: Sequence[Row], hidden: set[Key]) -> None:
    for row in census:
        _blank(row, [name for name in (*STOCKS, *FLOWS) if _period(row, name) in hidden])
        if HIDDEN in (row["opening"], row["closing"]):
            _blank(row, ("net_change", "net_share"))


def _hide_mix(mix: list[Row], totals: Sequence[Row], contributors: Sequence[Row], hidden: set[Key], least: int) -> None:
    """A hidden count takes its share along; money goes where few customers moved it."""
    moved_by = {(row["breakdown"], row["breakdown_value"]): row["contributors"] for row in contributors}

    def is_carried_by_few(row: Row) -> bool:
        bucket = (row["breakdown"], row["breakdown_value"])
        # Where nobody counted them, they are at most the active ones.
        behind: int = moved_by[bucket] if bucket in moved_by else row["customers_active"]
        return bool(row[measure]) and (("mix", *bucket, "customers") in hidden or behind < least)

    for measure in MIX_MONEY:
        money = Cells(are_counts=False)
        _add_mix(money, mix, measure, is_carried_by_few, least)
        hidden |= checked(money, least)
    shares = {"customers": "customer_share", "revenue_net_12m": "revenue_share"}
    for row in mix:
        for measure in (*MIX_COUNTS, *MIX_MONEY):
            if ("mix", row["breakdown"], row["breakdown_value"], measure) in hidden:
                _blank(row, [measure, shares[measure]] if measure in shares else [measure])
    for row in totals:
        _blank(row, [m for m in ("customers", "customers_active") if ("book", row["breakdown"], m) in hidden])
    # Sorted by size; among the rest the place of a hidden bucket would tell its size.
    mix.sort(key=lambda row: (row["breakdown"], row["customers"] is HIDDEN))


def _hide_indicators(indicators: Sequence[Row], hidden: set[Key], least: int) -> set[str]:
    """Hide indicators that are a hidden cell, follow from one, or stand on too few; returns the codes of totals."""
    cuts: dict[tuple[str, str], Cells] = defaultdict(Cells)
    for row in indicators:
        if row["value"] is None:
            continue
        is_small = (
            ("indicator", *_place(row)) in hidden
            or _stands_on_few(row, least)
            or _follows(row["indicator_code"], row["breakdown"], hidden)
        )
        # Buckets of a cut are taken to add up to a total that is known; each total is a cut of one bucket.
        cuts[_place(row)[:2]].add(_place(row), row["n"] or 0, is_small)
    taken: set[Key] = set()
    for (_, breakdown), cells in cuts.items():
        if breakdown:
            cells.relate(dict.fromkeys(cells.values, 1) | {_total(cells): -1})
        taken |= checked(cells, least)
    for row in indicators:
        if _place(row) in taken:
            _blank(row, INDICATOR)
    return {row["indicator_code"] for row in indicators if not row["breakdown"] and row["value"] is HIDDEN}


def _place(row: Row) -> tuple[str, str, str]:
    return row["indicator_code"], row["breakdown"], row["breakdown_value"]


def _total(cells: Cells) -> Key:
    key: Key = ("total",)
    cells.add(key, sum(cells.values.values()))
    cells.dear.add(key)
    return key


def _stands_on_few(row: Row, least: int) -> bool:
    if row["indicator_code"] in NOT_OF_PEOPLE or row["unit"] == RATED:
        return False
    if small(row["n"], least) or (row["unit"] in COUNT_UNITS and small(row["value"], least)):
        return True
    if not row["breakdown"] or row["unit"] != "share" or row["numerator"] is None or row["n"] is None:
        return False
    return small(row["numerator"], least) or small(row["n"] - row["numerator"], least)


def _follows(code: str, breakdown: str, hidden: set[Key]) -> bool:
    if breakdown:
        return False
    return (
        any(("census", "year", 0, name) in hidden for name in FROM_CENSUS.get(code, ()))
        or ("mix", "customer_type", FROM_TYPE.get(code), "customers_active") in hidden
    )


def _hide_scores(out: Mapping[str, list[Row]], gone: set[str]) -> None:
    """A score repeats its indicator, a dimension the mean of its scores, the overall score that of the dimensions."""
    by_dimension: dict[str, list[Row]] = defaultdict(list)
    for row in out["indicator_scores"]:
        if row["score"] is not None:
            by_dimension[row["dimension"]].append(row)
        elif row["indicator_code"] in gone:
            _blank(row, SCORE)
    masked = {dimension for dimension, found in by_dimension.items() if _mask_scores(found, gone)}
    for row in out["indicators"]:
        if row["indicator_code"] in gone and not row["breakdown"]:
            _blank(row, INDICATOR)
    for row in out["dimension_scores"]:
        if row["dimension"] in masked:
            _blank(row, ("score", "score_ci_low", "score_ci_high"))
    for row in out["overall"]:
        if masked:  # whole points leave room for more than one value
            _blank(row, [name for name in row if name.startswith("score_") and "_ci_" not in name])
            row["score"] = None if row["score"] is None else float(round(row["score"]))


def _mask_scores(scores: Sequence[Row], gone: set[str]) -> bool:
    """Hide the scores of `gone`, and one more where a single one would follow from the mean; adds it to `gone`.

    True where there is no other: the dimension's own score must go.
    """
    taken = [row for row in scores if row["indicator_code"] in gone]
    others = [row for row in scores if row["indicator_code"] not in gone]
    if len(taken) == 1 and others:
        least = min(others, key=lambda row: (row["n"] or 0, row["indicator_code"]))
        gone.add(least["indicator_code"])
        taken.append(least)
    for row in taken:
        _blank(row, SCORE)
    return len(taken) == 1


def _hide_cohorts(retention: Sequence[Row], revenue: Sequence[Row], least: int) -> None:
    """Cohorts add up to the book; a small one goes whole, and so does each cell of a cohort on few customers."""
    sizes = {row["cohort"]: row["customers"] for row in retention}
    cells = Cells()
    for cohort, size in sizes.items():
        cells.add(("cohort", cohort), size, small(size, least))
    cells.add(("book",), sum(sizes.values()), small(sum(sizes.values()), least))
    cells.relate({("cohort", cohort): 1 for cohort in sizes} | {("book",): -1})
    gone = {key[1] for key in checked(cells, least) if key[0] == "cohort"}
    for row in retention:
        if row["cohort"] in gone:
            _blank(row, ("customers", *RETENTION))
        elif small(row["active_at_least"], least):
            _blank(row, RETENTION)
    hidden = checked(_revenue_steps(revenue, gone, least), least)
    for row in revenue:
        if row["cohort"] in gone:
            _blank(row, ("customers",))
        if ("to_date", row["cohort"], row["months_since"]) in hidden:
            _blank(row, ("revenue_net_to_date", "revenue_net_to_date_per_customer"))


def _revenue_steps(revenue: Sequence[Row], gone: set[Any], least: int) -> Cells:
    """Sums to date differ by steps, which are shown to nobody and must not follow where few stand behind them."""
    cells = Cells(are_counts=False)
    before: Row | None = None
    for row in revenue:
        whole = row["cohort"] in gone
        few = row["active_at_least"] < least and row["revenue_step"] != 0
        step: Key = ("step", row["cohort"], row["months_since"])
        to_date: Key = ("to_date", row["cohort"], row["months_since"])
        cells.add(step, row["revenue_step"], few or whole, published=False)
        cells.add(to_date, row["revenue_net_to_date"], whole)
        relation = {step: 1, to_date: -1}
        if before is not None and before["cohort"] == row["cohort"]:
            relation[("to_date", before["cohort"], before["months_since"])] = 1
        cells.relate(relation)
        before = row
    return cells
