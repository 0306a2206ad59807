"""The line through the goalposts: the same in Python, for many draws, as in SQL."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import yaml

from dagster_project.score.draws import still
from dagster_project.score.normalise import normalise
from dagster_project.score.simulation import indicator_scores
from dagster_project.settings import DBT_PROJECT_DIR
from tests.score.books import book, indicator, shipped_settings

UNIT_TESTS = DBT_PROJECT_DIR / "models" / "intermediate" / "indicators" / "_indicators__unit_tests.yml"


def sql_cases() -> list[tuple[str, dict[str, Any], dict[str, Any], dict[str, Any]]]:
    """Code, goalposts, figures and expected scores of the unit test of `int_indicators_normalised`."""
    declared = yaml.safe_load(UNIT_TESTS.read_text(encoding="utf-8"))["unit_tests"]
    test = next(each for each in declared if each["model"] == "int_indicators_normalised")
    given = {each["input"]: each["rows"] for each in test["given"]}
    scales = {row["indicator_code"]: row["scale"] for row in given["ref('indicators')"]}
    figures = {row["indicator_code"]: row for row in given["ref('fct_indicators')"] if not row["breakdown"]}
    posts = {
        row["indicator_code"]: {**row, "scale": scales[row["indicator_code"]]}
        for row in given["ref('goalposts')"]
        if row["profile"] == "generic_b2c"
    }
    return [
        (row["indicator_code"], posts[row["indicator_code"]], figures[row["indicator_code"]], row)
        for row in test["expect"]["rows"]
        if row["score"] is not None
    ]


@pytest.mark.parametrize(("code", "posts", "figures", "expected"), sql_cases(), ids=lambda value: str(value)[:12])
def test_python_and_sql_draw_the_same_line(
    code: str, posts: dict[str, Any], figures: dict[str, Any], expected: dict[str, Any]
) -> None:
    """A score outside its own interval, because one is drawn by SQL and the other by Python."""
    for value, score in (
        ("value", "score"),
        ("ci_low", "score_at_ci_low"),
        ("ci_high", "score_at_ci_high"),
    ):
        if figures.get(value) is None:
            continue
        subject = book(
            replace(
                indicator(code, "scale", float(figures[value])),
                floor=float(posts["floor_value"]),
                target=float(posts["target_value"]),
                sweet=posts.get("sweet_until_value"),
                cap=posts.get("cap_value"),
                is_log=posts["scale"] == "log",
            )
        )
        assert indicator_scores(subject, still(subject, shipped_settings()))[0, 0] == pytest.approx(expected[score])


def test_a_moved_target_takes_sweet_end_and_cap_along() -> None:
    """A goalpost in doubt that turns a sweet spot inside out."""
    subject = book(replace(indicator("a", "scale", 7.0), target=4.0, sweet=6.0, cap=10.0))
    shifts = np.array([[0.0], [0.5], [-0.2]])
    scores = normalise(np.array([[7.0]]), subject.posts, np.zeros((3, 1)), shifts)
    assert scores[:, 0] == pytest.approx([75, 100, 55])
