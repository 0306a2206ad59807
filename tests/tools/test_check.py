"""`bookworth check`: what a refresh would find, with nothing left behind."""

from __future__ import annotations

from pathlib import Path

import pytest

from dagster_project import cli
from dagster_project.tools.check import Checked, check, lines
from dagster_project.tools.support import indicators, supported
from tests.ingest.ingest_helpers import World, good
from tests.ingest.ingest_helpers import lines as csv_lines

SECRET = "Hidden-Person"


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(tmp_path)
    world.configure()
    return world


def _printed(checked: Checked) -> str:
    return "\n".join(lines(checked))


def test_every_row_of_a_file_is_accounted_for_and_no_cell_is_shown(world: World) -> None:
    """A count without its reasons sends the engineer back to the file; a cell in it ends in a ticket."""
    world.deliver("2024-02-01", orders__csv=csv_lines([*good(40), f"o41,{SECRET},not a day,5"]))
    text = _printed(check(world.settings, "acme"))
    assert "41 delivered = 40 loaded + 1 quarantined + 0 duplicates + 0 excluded + 0 erased" in text
    assert "1  ordered_at: not a date and time" in text
    assert SECRET not in text


def test_nothing_of_the_warehouse_changes(world: World) -> None:
    """Looking must not replace the work file a refresh is building, nor leave clear rows behind."""
    world.deliver("2024-02-01", orders__csv=csv_lines(good(40)))
    world.load()
    before = {p: p.stat().st_mtime_ns for p in world.settings.warehouse_dir.rglob("*")}
    world.deliver("2024-03-01", orders__csv=csv_lines(good(10, 41)))
    check(world.settings, "acme")
    assert {p: p.stat().st_mtime_ns for p in world.settings.warehouse_dir.rglob("*")} == before


def test_a_check_needs_no_key(world: World) -> None:
    """The engineer who maps the files is often not the one who holds the key."""
    world.configure()
    config = world.paths.config_file
    config.write_text(config.read_text(encoding="utf-8").replace("pseudonym_key: demo\n", ""), encoding="utf-8")
    world.deliver("2024-02-01", orders__csv=csv_lines(good(40)))
    assert check(world.settings, "acme").rejections == ()


def test_drift_against_the_last_delivery_is_said(world: World) -> None:
    """A column that is gone takes its indicators with it, quietly."""
    world.deliver("2024-02-01", orders__csv="order,customer,day,amount,extra\no1,c1,2024-01-01,5,x\n")
    world.deliver("2024-03-01", orders__csv=csv_lines(good(2, 2)))
    assert "columns gone 'extra'" in _printed(check(world.settings, "acme"))


def test_what_can_and_cannot_be_assessed_is_named(world: World) -> None:
    """The engineer has to know what to ask the seller for before the week is over."""
    world.deliver("2024-02-01", orders__csv=csv_lines(good(40)))
    checked = check(world.settings, "acme")
    state = {s.indicator.code: s for s in checked.support}
    assert state["customers_total"].is_supported
    assert not state["nps"].is_supported
    assert "nps: survey_responses." in _printed(checked)


def test_a_rejection_names_file_reason_and_fix_beside_the_good_files(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One bad file of ten must not hide what is known about the other nine."""
    monkeypatch.setenv("BOOKWORTH_COMPANIES", str(world.settings.companies_dir))
    monkeypatch.setenv("BOOKWORTH_WAREHOUSE", str(world.settings.warehouse_dir))
    world.deliver("2024-02-01", orders_1__csv=csv_lines(good(40)), orders_2__csv="<!doctype html><html></html>")
    assert cli.main(["check", "acme"]) == 1
    text = capsys.readouterr().out
    for words in ("40 delivered = 40 loaded", "orders_2.csv", "reason  ", "fix     "):
        assert words in text


def test_an_alternative_will_do() -> None:
    """An indicator that can be had from invoices must not ask for orders."""
    indicator = next(i for i in indicators() if len(i.alternatives) > 1)
    profile = "generic_b2b"
    for alternative in indicator.alternatives:
        found = {s.indicator.code: s for s in supported(profile, alternative)}[indicator.code]
        assert found.is_supported
    found = {s.indicator.code: s for s in supported(profile, [])}[indicator.code]
    assert len(found.missing) == min(len(a) for a in indicator.alternatives)
