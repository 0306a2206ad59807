"""That no small cell can be worked out from what is shown: the engine by brute force, then the report's tables."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.report import ReportError, small_cells
from dagster_project.report.content import HIDDEN
from dagster_project.report.data import ReportData, read
from dagster_project.report.labels import load_labels
from dagster_project.report.suppression import Cells, Key, checked, determined, exposed, protect
from tests.report.marts_file import AS_OF, census, cohorts, company, full, indicator, mix, write_marts

LEAST = 5


def _sum_of(values: list[int]) -> Cells:
    cells = Cells()
    for i, value in enumerate(values):
        cells.add(("bucket", i), value, 0 < value < LEAST)
    cells.add(("total",), sum(values), 0 < sum(values) < LEAST)
    cells.dear.add(("total",))
    cells.relate({("bucket", i): 1 for i in range(len(values))} | {("total",): -1})
    return cells


@given(st.lists(st.integers(0, 8), min_size=1, max_size=4))
@settings(max_examples=100, deadline=None)
def test_a_reader_who_tries_every_answer_is_left_in_doubt(values: list[int]) -> None:
    """Hiding small cells alone is undone from the totals; here an attacker enumerates all books that fit."""
    cells = _sum_of(values)
    hidden = protect(cells, LEAST)
    assert cells.sensitive <= hidden
    if ("total",) in hidden:
        return  # the whole book is small: nothing but zeros is shown
    unknown = sorted(key for key in hidden)
    left = sum(values) - sum(v for i, v in enumerate(values) if ("bucket", i) not in hidden)
    answers = [a for a in product(range(left + 1), repeat=len(unknown)) if sum(a) == left]
    for at, key in enumerate(unknown):
        if key in cells.sensitive:
            assert len({answer[at] for answer in answers}) > LEAST


@given(st.lists(st.tuples(*[st.integers(0, 7)] * 3), min_size=1, max_size=6))
@settings(max_examples=40, deadline=None)
def test_periods_that_follow_one_another_give_nothing_away(flows: list[tuple[int, int, int]]) -> None:
    """Opening and closing tie each flow to its neighbours: one hidden flow follows from the two stocks."""
    opening = 50
    rows = census("month", [(new, back, min(lost, opening), 0) for new, back, lost in flows], opening)
    found = _suppressed(census=[_derived(row) for row in rows])["census"]
    for row, original in zip(found, rows, strict=True):
        for name in ("new", "reactivated", "lost"):
            assert row[name] is HIDDEN or not 0 < original[name] < LEAST
        taken = [name for name in ("opening", "new", "reactivated", "lost", "closing") if row[name] is HIDDEN]
        assert len(taken) != 1, f"{taken} follows from the rest of its row"


def _derived(row: Mapping[str, Any]) -> dict[str, Any]:
    net = row["closing"] - row["opening"]
    return {**row, "lost_churned": row["lost"] - row["lost_completed"], "net_change": net, "net_share": None}


def _suppressed(**rows: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    names = (
        "census", "mix", "mix_totals", "mix_contributors", "indicators", "indicator_scores", "dimension_scores",
        "overall", "cohort_retention", "cohort_revenue",
    )  # fmt: skip
    return small_cells.suppress({name: rows.get(name, []) for name in names}, LEAST)


def test_the_check_sees_what_follows_through_two_sums() -> None:
    """A cell hidden in one table and implied by two others together is not hidden."""
    cells = Cells()
    for name, value in {"a": 3, "b": 20, "c": 30, "ab": 23, "bc": 50}.items():
        cells.add((name,), value, name == "a")
    cells.relate({("a",): 1, ("b",): 1, ("ab",): -1})
    cells.relate({("b",): 1, ("c",): 1, ("bc",): -1})
    hidden: set[Key] = {("a",), ("b",)}
    assert determined(cells.relations, hidden) == hidden
    assert exposed(cells, hidden, LEAST) == {("a",)}
    assert exposed(cells, checked(cells, LEAST), LEAST) == set()


def test_a_report_that_would_tell_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """If hiding ever fails, the report must fail with it and not go out."""
    monkeypatch.setattr("dagster_project.report.suppression.protect", lambda cells, least: set(cells.sensitive))
    with pytest.raises(ReportError, match="could still be worked out"):
        checked(_sum_of([3, 50, 60]), LEAST)


def test_a_small_bucket_takes_another_along() -> None:
    """With one bucket hidden and the total shown, the bucket is the difference."""
    found = _suppressed(mix=mix("region", north=90, south=40, east=3))["mix"]
    by_name = {row["breakdown_value"]: row for row in found}
    assert by_name["east"]["customers"] is HIDDEN
    assert by_name["east"]["customer_share"] is HIDDEN
    assert by_name["south"]["customers"] is HIDDEN
    assert by_name["north"]["customers"] == 90


def test_a_hidden_bucket_does_not_stand_in_its_place() -> None:
    """In a table sorted by size, the row between 90 and 30 says that it is between 90 and 30."""
    found = _suppressed(mix=mix("region", a=90, b=40, c=3, d=30))["mix"]
    assert [row["customers"] is HIDDEN for row in found] == [False, False, True, True]


def test_money_that_few_moved_is_hidden() -> None:
    """A segment of 400 with one refund in the year shows that one customer's refund."""
    rows = mix("rfm_segment", loyal=400, recent=300, champions=200)
    rows[0] |= {"revenue_net_12m": Decimal(-960), "margin_net_12m": Decimal(-960)}
    behind = [{"breakdown": "rfm_segment", "breakdown_value": name, "contributors": n}
              for name, n in (("loyal", 1), ("recent", 300), ("champions", 200))]  # fmt: skip
    found = {row["breakdown_value"]: row for row in _suppressed(mix=rows, mix_contributors=behind)["mix"]}
    assert found["loyal"]["customers"] == 400
    assert found["loyal"]["revenue_net_12m"] is HIDDEN
    assert found["loyal"]["revenue_share"] is HIDDEN
    assert [row["revenue_net_12m"] is HIDDEN for row in found.values()].count(True) == 2


def test_a_count_is_hidden_wherever_it_stands() -> None:
    """The customers lost in a year stand in the census, among the indicators and in the churn rate."""
    lost = indicator("customers_lost_12m", "scale", 3.0, "customers", numerator=None)
    churn = indicator("churn_rate_12m", "retention", 3 / 200, "share", numerator=3.0, n=200)
    found = _suppressed(
        census=[_derived(row) for row in census("year", [(20, 10, 3, 0)], opening=200)],
        indicators=[_complete(lost), _complete(churn)],
    )
    assert found["census"][0]["lost"] is HIDDEN
    assert [row["value"] for row in found["indicators"]] == [HIDDEN, HIDDEN]


def _complete(row: dict[str, Any]) -> dict[str, Any]:
    return {"numerator": None, "denominator": None, "ci_low": None, "ci_high": None} | row


def test_a_cut_is_hidden_from_both_sides() -> None:
    """In a channel with 40 leads of which 38 converted, the two that did not are as few as two that did."""
    rows = [
        _complete(indicator("lead_conversion", "channels", 38 / 40, "share", numerator=38.0, n=40, breakdown="channel",
                            breakdown_value="web")),
        _complete(indicator("lead_conversion", "channels", 0.5, "share", numerator=30.0, n=60, breakdown="channel",
                            breakdown_value="walk-in")),
        _complete(indicator("lead_conversion", "channels", 0.5, "share", numerator=45.0, n=90, breakdown="channel",
                            breakdown_value="fair")),
    ]  # fmt: skip
    values = {row["breakdown_value"]: row["value"] for row in _suppressed(indicators=rows)["indicators"]}
    assert values == {"web": HIDDEN, "walk-in": HIDDEN, "fair": 0.5}


def test_a_score_does_not_give_its_indicator_away() -> None:
    """The mean of a dimension less its other scores is the score of the hidden indicator."""
    found = _suppressed(
        indicators=[
            _complete(indicator("nps", "satisfaction", -0.25, "index", n=3)),
            _complete(indicator("csat_top2", "satisfaction", 0.8, "share", n=80)),
            _complete(indicator("sla_attainment", "service", 0.5, "share", n=4)),
        ],
        indicator_scores=[
            _score("nps", "satisfaction", 10.0), _score("csat_top2", "satisfaction", 90.0),
            _score("sla_attainment", "service", 40.0),
        ],
        dimension_scores=[
            {"dimension": "satisfaction", "score": 50.0, "score_ci_low": None, "score_ci_high": None},
            {"dimension": "service", "score": 40.0, "score_ci_low": None, "score_ci_high": None},
        ],
        overall=[{"score": 44.72, "score_arithmetic": 45.0}],
    )  # fmt: skip
    assert [row["score"] for row in found["indicator_scores"]] == [HIDDEN] * 3
    assert [row["score"] for row in found["dimension_scores"]] == [50.0, HIDDEN]
    assert found["overall"] == [{"score": 45.0, "score_arithmetic": HIDDEN}]


def _score(code: str, dimension: str, score: float) -> dict[str, Any]:
    return {
        "indicator_code": code, "dimension": dimension, "value": 0.5, "n": 80, "score": score, "score_ci_low": None,
        "score_ci_high": None,
    }  # fmt: skip


def test_years_are_not_people() -> None:
    """Stability of growth rests on four years, not on four customers; hiding it protects nobody."""
    rows = [_complete(indicator("growth_stability", "scale", 0.4, "index", n=4))]
    assert _suppressed(indicators=rows)["indicators"][0]["value"] == 0.4


def _read(tmp_path: Path, rows: Mapping[str, list[dict[str, Any]]], least: int = LEAST) -> ReportData:
    return read(write_marts(tmp_path / "marts.duckdb", rows), company(), "b", load_labels(), least)


def test_a_small_cohort_is_hidden_whole(tmp_path: Path) -> None:
    """A cohort of three shows, month by month, what three customers bought."""
    sizes = {date(2025, month, 1): 50 + month for month in range(1, 11)} | {date(2025, 11, 1): 3}
    retention, revenue = cohorts(sizes, months=2, active=20)
    data = _read(tmp_path, {"cohort.fct_cohort_retention": retention, "cohort.fct_cohort_revenue": revenue})
    hidden = {row["cohort"] for row in data.rows["cohort_retention"] if row["customers"] is HIDDEN}
    assert hidden == {date(2025, 11, 1), date(2025, 1, 1)}
    for name, columns in (
        ("cohort_retention", ("retention", "active_months", "customer_months")),
        ("cohort_revenue", ("revenue_net_to_date", "revenue_net_to_date_per_customer")),
    ):
        for row in data.rows[name]:
            if row["cohort"] == date(2025, 11, 1):
                assert all(row[column] is HIDDEN for column in columns)


def test_sums_to_date_do_not_give_a_step_away(tmp_path: Path) -> None:
    """Revenue to date before and after a month in which two customers bought is what those two spent."""
    retention, revenue = cohorts({date(2026, 1, 1): 60, date(2026, 2, 1): 70}, months=3, active=20)
    for rows in (retention, revenue):
        for row in rows:
            if row["months_since"] == 2 and "active" in row:
                row["active"] = 2
    data = _read(tmp_path, {"cohort.fct_cohort_retention": retention, "cohort.fct_cohort_revenue": revenue})
    for cohort in (date(2026, 1, 1), date(2026, 2, 1)):
        shown = [row["months_since"] for row in data.rows["cohort_revenue"]
                 if row["cohort"] == cohort and row["revenue_net_to_date"] is not HIDDEN]  # fmt: skip
        assert not {1, 2} <= set(shown)


def test_a_whole_report_keeps_small_counts_to_itself(tmp_path: Path) -> None:
    """The rule as a reader would check it: no count of customers from 1 to 4 anywhere, as a whole."""
    data = _read(tmp_path, full())
    counts = {
        "mix": ("customers", "customers_active", "customers_new_12m"),
        "census": ("opening", "new", "reactivated", "lost", "lost_completed", "lost_churned", "closing"),
        "cohort_retention": ("customers", "active_months"),
    }
    for name, columns in counts.items():
        for row in data.rows[name]:
            assert not [c for c in columns if row[c] is not HIDDEN and row[c] is not None and 0 < row[c] < LEAST]
    assert not [r for r in data.rows["indicators"] if r["n"] not in (None, HIDDEN) and 0 < r["n"] < LEAST]


def test_one_shows_everything(tmp_path: Path) -> None:
    """The size of the smallest cell is a setting; one means that nothing is hidden."""
    data = _read(tmp_path, full(), least=1)
    assert not [row for rows in data.rows.values() for row in rows if HIDDEN in row.values()]
    assert data.as_of == AS_OF


def test_raters_are_not_the_people_a_rating_is_about() -> None:
    """Three judges of a company's culture would hide every qualitative indicator, and the dimension with it."""
    blank = dict.fromkeys(("numerator", "denominator", "ci_low", "ci_high"))
    rows = [
        indicator("team_culture", "crm", 4.0, "rating", n=3, **blank),
        indicator("nps", "satisfaction", 0.5, "index", n=3, **blank),
    ]
    found = {row["indicator_code"]: row["value"] for row in _suppressed(indicators=rows)["indicators"]}
    assert found == {"team_culture": 4.0, "nps": HIDDEN}
