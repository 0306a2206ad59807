"""Published figures against the same figures computed by hand from the raw tables (docs/checks)."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from dagster_project.settings import PROJECT_ROOT
from tests.pipeline.conftest import EXAMPLE_COMPANIES
from tests.pipeline.world import World

RUN = PROJECT_ROOT / "docs" / "checks" / "run.py"


def _run(warehouse: Path, *arguments: str) -> tuple[int, list[list[str]], str]:
    done = subprocess.run(
        [sys.executable, RUN, "--warehouse", warehouse, *arguments], capture_output=True, text=True, check=False
    )
    return done.returncode, [line.split("\t") for line in done.stdout.splitlines()], done.stderr


@pytest.mark.parametrize("company", EXAMPLE_COMPANIES)
def test_published_figures_are_those_computed_by_hand(refreshed: World, company: str) -> None:
    """A model that joins too much, cuts a window a day late or forgets a merge gives a figure nobody would doubt; a new
    indicator that nobody recomputes."""
    code, lines, errors = _run(refreshed.warehouse, company, "--missing")
    assert [line for line in lines if line[-1] in ("DIFFERS", "NO CHECK")] == []
    assert code == 0, errors
    assert sum(line[-1] == "ok" for line in lines) >= 25


def test_a_published_figure_that_is_off_is_found(refreshed: World, tmp_path: Path) -> None:
    """A comparison that cannot fail proves nothing."""
    forged = refreshed.branch(tmp_path, "jinse_bridal")
    marts = forged.paths("jinse_bridal").current / "marts.duckdb"
    for path in (marts.parent, marts):
        path.chmod(0o755)
    with duckdb.connect(str(marts)) as connection:
        connection.execute("update score.fct_indicators set value = value + 1 where indicator_code = 'orders_12m'")
    code, lines, _ = _run(forged.warehouse, "jinse_bridal", "--code", "orders_12m")
    assert code == 1
    assert [line[-1] for line in lines] == ["DIFFERS"]
