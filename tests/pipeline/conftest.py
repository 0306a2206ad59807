"""Both example companies, refreshed once for the whole session. Tests that damage something branch off a copy."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import dagster as dg
import duckdb
import pytest

from dagster_project.publish.generations import read_generation
from dagster_project.refresh import parse_dbt_if_changed
from tests.pipeline.world import EXAMPLES, Ran, World

EXAMPLE_COMPANIES = ("anlan_safety", "jinse_bridal")


@pytest.fixture(scope="session")
def parsed() -> None:
    """dbt's manifest is there and current: the definitions cannot be imported without it."""
    parse_dbt_if_changed(lambda message: print(message, file=sys.stderr))


@pytest.fixture(scope="session")
def definitions(parsed: None) -> dg.Definitions:
    from dagster_project.definitions import defs

    return defs()


@pytest.fixture(scope="session")
def world(parsed: None, tmp_path_factory: pytest.TempPathFactory) -> World:
    """Both companies in a temporary warehouse, not yet refreshed. Ask for `refreshed` to have them published."""
    return World.make(tmp_path_factory.mktemp("world"), *(EXAMPLES / company for company in EXAMPLE_COMPANIES))


@pytest.fixture(scope="session")
def first_run(world: World) -> Ran:
    return world.bookworth("refresh")


@pytest.fixture(scope="session")
def refreshed(world: World, first_run: Ran) -> World:
    """Both companies published, generation 1. Nothing may be changed in it."""
    for company in EXAMPLE_COMPANIES:
        assert read_generation(world.paths(company), 1) is not None, first_run.err
    return world


@dataclass(frozen=True)
class Published:
    """One published example company, and what was planted in it."""

    company: str
    world: World
    truth: dict[str, Any]
    marts: duckdb.DuckDBPyConnection
    work: duckdb.DuckDBPyConnection

    def expected(self, name: str) -> Any:
        return self.truth["expected"][name]["value"]

    def one(self, query: str, *values: Any) -> Any:
        """The only value of a query over the published marts."""
        return _one(self.marts, query, values)

    def one_of_work(self, query: str, *values: Any) -> Any:
        """The only value of a query over the restricted work file."""
        return _one(self.work, query, values)

    def indicator(self, code: str, breakdown_value: str = "") -> dict[str, Any]:
        names = ("value", "numerator", "denominator", "n", "ci_low", "ci_high", "status")
        rows = self.marts.execute(
            f"select {', '.join(names)} from score.fct_indicators where indicator_code = ? and breakdown_value = ?",
            [code, breakdown_value],
        ).fetchall()
        assert len(rows) == 1, f"{code} {breakdown_value}: {len(rows)} rows"
        return dict(zip(names, rows[0], strict=True))


def _one(connection: duckdb.DuckDBPyConnection, query: str, values: tuple[Any, ...]) -> Any:
    ((value,),) = connection.execute(query, list(values)).fetchall()
    return value


def _published(world: World, company: str) -> Iterator[Published]:
    truth = json.loads((world.companies / company / "truth.json").read_text(encoding="utf-8"))
    with world.marts(company) as marts, world.work(company) as work:
        yield Published(company, world, truth, marts, work)


@pytest.fixture(scope="module", params=EXAMPLE_COMPANIES)
def published(request: pytest.FixtureRequest, refreshed: World) -> Iterator[Published]:
    yield from _published(refreshed, request.param)


@pytest.fixture(scope="module")
def jinse(refreshed: World) -> Iterator[Published]:
    yield from _published(refreshed, "jinse_bridal")


@pytest.fixture(scope="module")
def anlan(refreshed: World) -> Iterator[Published]:
    yield from _published(refreshed, "anlan_safety")
