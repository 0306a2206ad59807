"""The product-limit macro against a published curve: dbt's unit tests see it only through the models that use it."""

from __future__ import annotations

import duckdb
import jinja2
import pytest

from dagster_project.settings import DBT_PROJECT_DIR

# Weeks in remission under 6-MP (Gehan 1965), 21 patients; of week 6 one and of week 10 one were censored.
ENDED = [6, 6, 6, 7, 10, 13, 16, 22, 23]
CENSORED = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
SURVIVAL = {6: 0.8571, 7: 0.8067, 10: 0.7529, 13: 0.6902, 16: 0.6275, 22: 0.5378, 23: 0.4482}


@pytest.fixture
def connection() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute("create table watched (arm varchar, duration double, is_event boolean)")
    rows = [("6-MP", weeks, True) for weeks in ENDED] + [("6-MP", weeks, False) for weeks in CENSORED]
    connection.executemany("insert into watched values (?, ?, ?)", [*rows, ("all end", 1, True), ("all end", 2, True)])
    return connection


def _macros() -> jinja2.environment.TemplateModule:
    source = (DBT_PROJECT_DIR / "macros" / "durations.sql").read_text(encoding="utf-8")
    return jinja2.Environment(autoescape=False).from_string(source).module


def test_the_curve_of_gehan(connection: duckdb.DuckDBPyConnection) -> None:
    """The censored of a week taken out before its events, or counted as events, moves every later step."""
    curve = str(_macros().kaplan_meier_curve("watched", ["arm"]))
    found = connection.execute(
        f"select duration, survival, survival_low, survival_high from ({curve}) where arm = '6-MP' and events > 0"
    ).fetchall()
    assert {weeks: round(survival, 4) for weeks, survival, *_ in found} == pytest.approx(SURVIVAL, abs=1e-4)
    assert all(low < survival < high for _, survival, low, high in found)


def test_the_median_of_gehan_is_23_weeks(connection: duckdb.DuckDBPyConnection) -> None:
    """A median read where the curve is still above a half, or bounds taken from the wrong side."""
    macros = _macros()
    curve = str(macros.kaplan_meier_curve("watched", ["arm"]))
    medians = ", ".join(str(macros.median_of_curve(c)) for c in ("survival", "survival_low", "survival_high"))
    found = {
        arm: values
        for arm, *values in connection.execute(f"select arm, {medians} from ({curve}) group by all").fetchall()
    }
    # The upper limit is not reached; the lower is where the log-log limit first falls to a half.
    assert found["6-MP"] == [23, 13, None]
    assert found["all end"][0] == 1
