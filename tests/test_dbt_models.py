"""The dbt project: its unit tests on an empty work file, and what every model must promise."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from dagster_project.companies import Company
from dagster_project.ingest import contract_files
from dagster_project.ingest.run_parameters import write_run_parameters
from dagster_project.settings import DBT_PROJECT_DIR, CompanyPaths, dbt_executable
from tests.raw_tables import create_raw_tables

# A cut on the 31st: counting back from it passes through every month that has no such day.
AS_OF = date(2025, 1, 30)
CUT = date(2025, 1, 31)


@dataclass(frozen=True)
class DbtBuild:
    """One `dbt build` with unit tests, without data tests: exit code, what it said, artefacts and work file."""

    exit_code: int
    output: str
    results: list[dict[str, Any]]
    manifest: dict[str, Any]
    work_db: Path

    @property
    def marts(self) -> list[dict[str, Any]]:
        return [n for n in self.manifest["nodes"].values() if n["resource_type"] == "model" and n["fqn"][1] == "marts"]

    def data_tests_of(self, model: dict[str, Any]) -> list[dict[str, Any]]:
        nodes = self.manifest["nodes"]
        return [
            nodes[child]["test_metadata"] | {"column": nodes[child]["column_name"]}
            for child in self.manifest["child_map"][model["unique_id"]]
            if child in nodes and nodes[child].get("attached_node") == model["unique_id"]
        ]


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> DbtBuild:
    folder = tmp_path_factory.mktemp("dbt")
    paths = CompanyPaths(deliveries=folder, config_file=folder / "company.yaml", root=folder)
    paths.build.mkdir()
    create_raw_tables(paths.work_db, {}, AS_OF)
    company = Company(
        id="empty_book",
        name_en="Empty book",
        name_zh="空白客户簿",
        profile="generic_b2c",
        currency="CNY",
        timezone="Asia/Shanghai",
        as_of=AS_OF,
        revenue_source="orders",
        market_industry=None,
        market_region=None,
        deal_structure="share",
        gross_margin=Decimal("0.4"),
        discount_rate=None,
        direct_identifiers=(),
        pseudonym_key="demo",
        sources=(),
        path=paths.config_file,
    )
    write_run_parameters(company, paths, AS_OF)
    finished = subprocess.run(
        [
            dbt_executable(),
            "build",
            "--exclude-resource-type",
            "test",
            "--project-dir",
            DBT_PROJECT_DIR,
            "--profiles-dir",
            DBT_PROJECT_DIR,
            "--target-path",
            paths.dbt_target,
            "--log-path",
            folder / "logs",
        ],
        env={
            **os.environ,
            "BOOKWORTH_WORK_DB": str(paths.work_db),
            "BOOKWORTH_CANDIDATE_DB": str(paths.candidate_db),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    output = finished.stdout + finished.stderr
    artefacts = {}
    for name in ("run_results", "manifest"):
        file = paths.dbt_target / f"{name}.json"
        assert file.exists(), output
        artefacts[name] = json.loads(file.read_text(encoding="utf-8"))
    return DbtBuild(
        exit_code=finished.returncode,
        output=output,
        results=artefacts["run_results"]["results"],
        manifest=artefacts["manifest"],
        work_db=paths.work_db,
    )


def written_unit_tests() -> list[dict[str, Any]]:
    """Every unit test in the YAML files beside the models."""
    files = sorted((DBT_PROJECT_DIR / "models").rglob("*__unit_tests.yml"))
    return [test for file in files for test in yaml.safe_load(file.read_text(encoding="utf-8"))["unit_tests"]]


def test_every_model_builds_on_an_empty_book_and_every_unit_test_passes(build: DbtBuild) -> None:
    """A branch of the business logic changed, a model that fails on an empty book, or unit tests that never run."""
    assert build.exit_code == 0, build.output
    unit_tests = [result for result in build.results if result["unique_id"].startswith("unit_test.")]
    assert {result["status"] for result in unit_tests} == {"pass"}
    assert len(unit_tests) >= len(written_unit_tests()) > 60


def test_every_unit_test_names_the_failure_it_guards_against() -> None:
    """A failing test nobody can read is deleted."""
    assert [test["name"] for test in written_unit_tests() if len(test.get("description", "")) < 30] == []


def test_every_day_belongs_to_one_month_counted_back_from_as_of(build: DbtBuild) -> None:
    """A cut on the 31st that leaves days of short months in no period, or in two, loses or doubles their money."""
    with duckdb.connect(str(build.work_db), read_only=True) as connection:
        days, distinct_days, first, last = connection.execute(
            "select count(*), count(distinct day_on), min(day_on), max(day_on)"
            " from intermediate.int_calendar_days_spined"
        ).fetchall()[0]
        steps = connection.execute(
            """
            select count(*)
            from (
                select
                    months_back,
                    lead(months_back) over (order by day_on) as next_months_back,
                    is_period_close
                from intermediate.int_calendar_days_spined
            )
            where next_months_back != months_back - case when is_period_close then 1 else 0 end
            """
        ).fetchall()[0][0]
        edges = dict(
            connection.execute(
                "select day_on, months_back from intermediate.int_calendar_days_spined where day_on in (?, ?, ?, ?)",
                [AS_OF, CUT, date(2024, 1, 30), date(2024, 1, 31)],
            ).fetchall()
        )
    assert first == date(1900, 1, 1)
    assert last == date(2037, 1, 30)
    assert days == distinct_days == (last - first + timedelta(days=1)).days
    assert steps == 0
    assert edges == {AS_OF: 0, CUT: -1, date(2024, 1, 30): 12, date(2024, 1, 31): 11}


def test_an_empty_book_has_no_score(build: DbtBuild) -> None:
    """A company that delivered nothing must not be graded, nor its indicators be zeros."""
    with duckdb.connect(str(build.work_db.parent / "build" / "marts.duckdb"), read_only=True) as connection:
        scores = connection.execute("select score, grade, indicators_assessed from score.fct_overall_score").fetchall()
        invented = connection.execute(
            "select indicator_code from score.fct_indicators"
            " where value is not null or status = 'assessed' or reason is null"
        ).fetchall()
    assert scores == [(None, None, 0)]
    assert invented == []


@pytest.mark.parametrize("path", contract_files.render(), ids=lambda path: path.name)
def test_what_is_written_from_the_contract_is_current(path: Path) -> None:
    """A column added to the contract and not to dbt or the docs is one nobody can select or look up."""
    assert path.read_text(encoding="utf-8") == contract_files.render()[path]


def test_every_mart_has_an_enforced_contract(build: DbtBuild) -> None:
    """A published column that changes its type or vanishes breaks analysts' queries without a failing build."""
    assert len(build.marts) > 10
    assert [mart["name"] for mart in build.marts if not mart["config"]["contract"]["enforced"]] == []


def test_every_mart_and_column_is_described(build: DbtBuild) -> None:
    """A published figure without a definition is one the buyer and the seller read differently."""
    undescribed = [
        f"{mart['name']}.{column['name']}"
        for mart in build.marts
        for column in mart["columns"].values()
        if not column["description"].strip()
    ]
    assert [mart["name"] for mart in build.marts if "One row" not in mart["description"]] == []
    assert undescribed == []


def test_the_docs_site_is_one_page_built_without_a_network(build: DbtBuild) -> None:
    """Docs that need a server or a network are not there when the data room has neither."""
    nowhere = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), "http://127.0.0.1:9")
    folder = build.work_db.parent
    finished = subprocess.run(
        [
            dbt_executable(),
            "docs",
            "generate",
            "--no-compile",
            "--static",
            "--empty-catalog",
            "--project-dir",
            DBT_PROJECT_DIR,
            "--profiles-dir",
            DBT_PROJECT_DIR,
            "--target-path",
            folder / "target",
            "--log-path",
            folder / "logs",
        ],
        env={**os.environ, **nowhere},
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    page = (folder / "target" / "static_index.html").read_text(encoding="utf-8")
    undocumented = [mart["name"] for mart in build.marts if f'"name": "{mart["name"]}"' not in page]
    assert undocumented == []


def test_every_mart_holds_its_key(build: DbtBuild) -> None:
    """A join that fans out doubles revenue; only a key test on the published table sees it."""
    keyless = []
    for mart in build.marts:
        tests = build.data_tests_of(mart)
        unique = {test["column"] for test in tests if test["name"] == "unique"}
        for test in tests:
            if test["name"] == "unique_together":
                unique |= set(test["kwargs"]["columns"])
        not_null = {test["column"] for test in tests if test["name"] == "not_null"}
        if not unique or not unique & not_null:
            keyless.append(mart["name"])
    assert keyless == []
