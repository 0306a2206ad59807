"""`bookworth quarantine`: rows handed back to the seller, and replaced by what comes back."""

from __future__ import annotations

import csv
import stat
from datetime import date
from pathlib import Path

import pytest

from dagster_project.companies import BookworthError
from dagster_project.tools.quarantine import export, lines, quarantine
from tests.ingest.ingest_helpers import World, good
from tests.ingest.ingest_helpers import lines as csv_lines

BAD = "o99,c99,some day,5"


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(tmp_path)
    world.configure()
    world.deliver("2024-02-01", orders__csv=csv_lines([*good(40), BAD]))
    return world


def _exported(world: World) -> list[dict[str, str]]:
    target = world.root / "rows.csv"
    target.unlink(missing_ok=True)
    export(world.paths, target)
    with target.open(encoding="utf-8-sig", newline="") as f:
        return list(csv.DictReader(f))


def test_counts_by_file_and_reason(world: World) -> None:
    """The seller mends by file and reason; the terminal shows no cell."""
    world.load()
    (found,) = quarantine(world.paths)
    assert (found.delivery, found.file, found.rows, found.mended) == (date(2024, 2, 1), "orders.csv", 1, 0)
    text = "\n".join(lines([found]))
    assert "1  ordered_at: not a date and time" in text
    assert "o99" not in text


def test_a_fixed_file_in_the_place_of_the_old_one_replaces_its_rows(world: World) -> None:
    """A mended row that stays in quarantine is mended again and again."""
    world.load()
    assert len(_exported(world)) == 1
    world.deliver("2024-02-01", orders__csv=csv_lines([*good(40), "o99,c99,2024-01-05,5"]))
    world.load()
    assert quarantine(world.paths) == []
    assert world.sql("select gross_amount from raw.orders where order_id = 'o99'")[0][0] == 5


def test_a_fixed_row_in_a_later_delivery_is_said_to_be_mended(world: World) -> None:
    """History stays as it was delivered, but nobody needs to ask for the row again."""
    world.deliver("2024-03-01", orders__csv=csv_lines([*good(10, 41), "o99,c99,2024-01-05,5"]))
    world.load()
    (found,) = quarantine(world.paths)
    assert found.mended == 1
    (row,) = _exported(world)
    assert row["mended_by_delivery"] == "2024-03-01"


def test_the_export_is_for_its_owner_only_and_computes_nothing(world: World) -> None:
    """The file holds people: others on the machine may not read it, and a sheet may not run it."""
    world.deliver("2024-02-01", orders__csv=csv_lines([*good(60), "=cmd(),c99"]))
    world.load()
    (row,) = _exported(world)
    target = world.root / "rows.csv"
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert row["raw"].startswith("'=cmd()")
    assert (row["file"], row["line"], row["reasons"]) == ("orders.csv", "62", "too few fields")
    with pytest.raises(BookworthError, match="exists"):
        export(world.paths, target)


def test_what_is_not_there_is_said_with_what_is(world: World) -> None:
    """An empty answer to a typo reads as a clean delivery."""
    with pytest.raises(BookworthError, match="bookworth refresh acme"):
        quarantine(world.paths)
    world.load()
    with pytest.raises(BookworthError, match="there: 2024-02-01"):
        quarantine(world.paths, delivery=date(2024, 2, 2))
    with pytest.raises(BookworthError, match=r"there: orders\.csv"):
        quarantine(world.paths, file="order.csv")
