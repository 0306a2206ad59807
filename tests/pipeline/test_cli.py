"""The command line as a user meets it before, beside and after a refresh."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.pipeline.world import EXAMPLES, World


@pytest.fixture
def fresh(tmp_path: Path) -> World:
    """A company with its deliveries, and no run yet."""
    return World.make(tmp_path, EXAMPLES / "anlan_safety")


@pytest.mark.parametrize("command", ["refresh", "status", "rollback", "reveal"])
def test_every_command_says_what_it_does(fresh: World, command: str) -> None:
    """A command nobody can ask is a command nobody uses."""
    ran = fresh.bookworth(command, "--help")
    assert ran.code == 0
    assert ran.out.startswith(f"usage: bookworth {command}")
    assert "company" in ran.out


def test_help_names_every_command_and_the_folders(fresh: World) -> None:
    """What is not in --help does not exist for who installs it."""
    ran = fresh.bookworth("--help")
    assert ran.code == 0
    for word in ("refresh", "status", "rollback", "reveal", "BOOKWORTH_COMPANIES", "BOOKWORTH_KEY_FILE"):
        assert word in ran.out


def test_no_command_is_a_wrong_command_line(fresh: World) -> None:
    """Doing something by default could refresh every company by accident."""
    assert fresh.bookworth().code == 2


@pytest.mark.parametrize("command", [["refresh"], ["status"], ["rollback"], ["reveal"]])
def test_an_unknown_company_is_named_with_the_known_ones(fresh: World, command: list[str]) -> None:
    """A typo must not make a new empty warehouse, nor end in a traceback."""
    extra = ["c_00000000000000000000"] if command == ["reveal"] else []
    ran = fresh.bookworth(*command, "anlan_safty", *extra)
    assert ran.code == 1
    assert "anlan_safty" in ran.err
    assert "there: anlan_safety" in ran.err
    assert "Traceback" not in ran.err
    assert list(fresh.warehouse.iterdir()) == []


@pytest.mark.parametrize("company", ["../anlan_safety", "Anlan", "anlan;safety", "an\x00lan"])
def test_a_company_id_that_could_leave_the_folder_is_refused(fresh: World, company: str) -> None:
    """An id is part of a path: one with `../` reads and writes somebody else's warehouse."""
    ran = fresh.bookworth("status", company)
    assert ran.code == 1
    assert "Traceback" not in ran.err
    assert list(fresh.warehouse.iterdir()) == []


@pytest.mark.parametrize("day", ["2026-13-01", "30.06.2026", "yesterday"])
def test_a_date_that_is_none_is_refused_before_anything_starts(fresh: World, day: str) -> None:
    """An assessment as of the wrong day looks exactly like one as of the right day."""
    ran = fresh.bookworth("refresh", "anlan_safety", "--as-of", day)
    assert ran.code == 2
    assert repr(day) in ran.err
    assert "YYYY-MM-DD" in ran.err
    assert list(fresh.warehouse.iterdir()) == []


def test_status_before_any_run(fresh: World) -> None:
    """The first thing people type; looking must not make anything either."""
    ran = fresh.bookworth("status")
    assert ran.code == 0
    assert "anlan_safety" in ran.out
    assert "nothing yet" in ran.out
    assert list(fresh.warehouse.iterdir()) == []


def test_rollback_before_any_run_says_that_there_is_nothing(fresh: World) -> None:
    """Going back to nothing would take away what is there."""
    ran = fresh.bookworth("rollback", "anlan_safety")
    assert ran.code == 1
    assert "no sound generation" in ran.err


def test_no_companies_at_all_names_the_setting(tmp_path: Path) -> None:
    """An empty folder is mostly a wrong folder."""
    ran = World.make(tmp_path).bookworth("status")
    assert ran.code == 1
    assert "BOOKWORTH_COMPANIES" in ran.err


def test_a_mistake_in_company_yaml_is_said_before_anything_starts(fresh: World) -> None:
    """Found an hour into a night of ten companies, a typo costs the night."""
    config = fresh.paths("anlan_safety").config_file
    text = config.read_text(encoding="utf-8")
    config.write_text(text.replace("revenue_source: orders", "revenue_source: ordres"), encoding="utf-8")
    ran = fresh.bookworth("refresh")
    assert ran.code == 1
    line = next(n for n, content in enumerate(text.splitlines(), 1) if content.startswith("revenue_source"))
    assert "company.yaml" in ran.err
    assert str(line) in ran.err
    assert "ordres" in ran.err
    assert list(fresh.warehouse.iterdir()) == []


def test_the_first_refresh_says_what_it_published_and_where(refreshed: World) -> None:
    """A refresh that ends in silence sends everybody looking for the report."""
    for company in ("anlan_safety", "jinse_bridal"):
        ran = refreshed.bookworth("status", company)
        assert ran.code == 0
        assert "generation 1" in ran.out
        assert "as of         2026-06-30" in ran.out
        assert "2026-03-31, 2026-06-30" in ran.out
        assert str(refreshed.paths(company).current / "reports" / "index.html") in ran.out
        assert "last run      published" in ran.out
        assert "fell short" in ran.out


def test_status_finds_damage(refreshed: World, tmp_path: Path) -> None:
    """A published file that somebody opened read-write is no longer what was judged."""
    branch = refreshed.branch(tmp_path, "anlan_safety")
    marts = branch.paths("anlan_safety").current / "marts.duckdb"
    marts.chmod(0o644)
    with marts.open("ab") as file:
        file.write(b"x")
    ran = branch.bookworth("status", "anlan_safety")
    assert ran.code == 1
    assert "DAMAGED" in ran.out
