"""Deliveries over time: latest per key, snapshots, replaced orders, reuse of what was read."""

from __future__ import annotations

import pytest

from dagster_project.ingest.contract import entities
from dagster_project.ingest.errors import DeliveryRejected, IngestError
from tests.ingest.ingest_helpers import HEADER, ORDERS, World, good, lines

FULL = ORDERS.replace("    columns", "    mode: full\n    columns")
LINES = """
  - entity: order_lines
    files: "lines*.csv"
    mode: increment
    columns: {order_id: o, quantity: q, unit_price: p}
"""


def test_the_latest_delivery_wins_per_key(world: World) -> None:
    """A correction that does not replace the error counts the order twice or keeps the error."""
    world.deliver("2024-02-01", orders__csv=lines(good(30)))
    world.deliver("2024-03-01", orders__csv=lines(["o7,c7,2024-01-08,99.00", "o31,c1,2024-02-02,1.00"]))
    world.deliver("2024-04-01", orders__csv=lines(["o7,c7,2024-01-08,99.00"]) + "o8,c8,2024-01-09,8.50\n")
    world.load()
    history = "_first_delivered_on::varchar, _delivered_on::varchar, _file, _line"
    assert world.sql("select count(*) from raw.orders") == [(31,)]
    assert world.sql(
        f"select gross_amount::varchar, {history} from raw.orders where order_id in ('o7', 'o8') order by 1"
    ) == [
        ("8.5000", "2024-02-01", "2024-02-01", "orders.csv", 9),
        ("99.0000", "2024-02-01", "2024-03-01", "orders.csv", 2),
    ]


def test_within_a_delivery_the_later_file_wins(world: World) -> None:
    """File order is by name, so that two runs agree."""
    world.deliver(
        "2024-02-01", orders_2__csv=lines(["o1,c1,2024-01-02,2"]), orders_1__csv=lines(["o1,c1,2024-01-02,1"])
    )
    world.load()
    assert world.sql("select gross_amount::int, _file from raw.orders") == [(2, "orders_2.csv")]


def test_a_record_missing_from_a_later_snapshot_is_removed(world: World) -> None:
    """A deleted order must stop counting, and must not vanish from the history."""
    world.configure(FULL)
    world.deliver("2024-02-01", orders__csv=lines(good(30)))
    world.deliver("2024-03-01", orders__csv=lines(good(29)))
    world.deliver("2024-04-01", orders__csv=lines(good(28)))
    world.deliver("2024-05-01", orders__csv=lines([*good(27), "o29,c29,2024-01-02,29.50"]))
    world.load()
    assert world.sql(
        "select order_id, _removed_on::varchar from raw.orders "
        "where _removed_on is not null or order_id = 'o29' order by 1"
    ) == [("o28", "2024-05-01"), ("o29", None), ("o30", "2024-03-01")]


def test_an_increment_removes_nothing(world: World) -> None:
    """An increment holds only what is new."""
    world.deliver("2024-02-01", orders__csv=lines(good(30)))
    world.deliver("2024-03-01", orders__csv=lines(good(1)))
    world.load()
    assert world.sql("select count(_removed_on) from raw.orders") == [(0,)]


def test_a_quarantined_record_of_a_snapshot_is_not_removed(world: World) -> None:
    """It is there, only unreadable: deleting it would lose a good earlier version to a typing error."""
    world.configure(FULL)
    world.deliver("2024-02-01", orders__csv=lines(good(30)))
    world.deliver("2024-03-01", orders__csv=lines([*good(29), "o30,c30,2024-01-03,much"]))
    world.load()
    assert world.sql("select gross_amount::varchar, _removed_on from raw.orders where order_id = 'o30'") == [
        ("30.5000", None)
    ]


def test_lines_without_number_are_replaced_per_order(world: World) -> None:
    """Lines have no key: adding a corrected order to the old one would double it."""
    world.configure(LINES)
    world.deliver("2024-02-01", lines__csv="o,q,p\na,1,10\na,1,10\nb,1,5\n")
    world.deliver("2024-03-01", lines__csv="o,q,p\na,1,10\nc,2,7\n")
    world.load()
    assert world.sql(
        "select order_id, count(*), min(_first_delivered_on)::varchar, max(_delivered_on)::varchar "
        "from raw.order_lines group by 1 order by 1"
    ) == [
        ("a", 1, "2024-02-01", "2024-03-01"),
        ("b", 1, "2024-02-01", "2024-02-01"),
        ("c", 1, "2024-03-01", "2024-03-01"),
    ]


def test_an_order_missing_from_a_later_snapshot_loses_all_its_lines(world: World) -> None:
    """The soft delete reaches entities without a key of their own."""
    world.configure(LINES.replace("increment", "full"))
    world.deliver("2024-02-01", lines__csv="o,q,p\na,1,10\na,1,10\nb,1,5\n")
    world.deliver("2024-03-01", lines__csv="o,q,p\nb,1,5\n")
    world.load()
    assert world.sql("select order_id, _removed_on::varchar from raw.order_lines order by 1") == [
        ("a", "2024-03-01"), ("a", "2024-03-01"), ("b", None)
    ]  # fmt: skip


def test_rows_outside_where_are_excluded_and_counted(world: World) -> None:
    """A filter that is not counted is a loss."""
    world.configure(ORDERS + "    where: gross_amount > 10 and customer_id <> 'c20'\n")
    world.deliver("2024-02-01", orders__csv=lines(good(30)))
    account = world.load().files[0]
    assert (account.delivered, account.loaded, account.excluded) == (30, 20, 10)


def test_what_was_read_is_reused_until_something_changes(world: World) -> None:
    """Reading ten million rows again every night; or not reading them again after the mapping changed."""
    world.deliver("2024-02-01", orders__csv=lines(good(30)))
    world.deliver("2024-03-01", orders__csv=lines(good(5)))
    assert world.load().reused == 0
    assert world.load().reused == 2
    world.deliver("2024-03-01", orders__csv=lines(good(6)))
    assert world.load().reused == 1
    world.configure(ORDERS.replace("amount}", "{from: amount, map: {x: y}}}"))
    assert world.load().reused == 0
    victim = next(p for p in world.paths.raw.glob("*/*.parquet"))
    victim.write_bytes(victim.read_bytes()[:-10])
    assert world.load().reused == 1


def test_a_delivery_taken_back_leaves_no_trace(world: World) -> None:
    """A withdrawn folder whose rows stay would never be noticed."""
    world.deliver("2024-02-01", orders__csv=lines(good(30)))
    path = world.put("2024-03-01", "orders.csv", lines(["o7,c7,2024-01-08,99.00"]))
    world.load()
    path.unlink()
    path.parent.rmdir()
    world.load()
    assert world.sql("select count(*) from raw.orders where _delivered_on > '2024-02-01'") == [(0,)]
    assert [p.name for p in world.paths.raw.iterdir()] == ["2024-02-01"]


def test_every_canonical_table_exists_typed(world: World) -> None:
    """What was not delivered is an empty table and a row that says so, never a missing one."""
    world.deliver("2024-02-01", orders__csv=lines(good(30)))
    world.load()
    tables = {t for (t,) in world.sql("select table_name from duckdb_tables() where schema_name = 'raw'")}
    assert tables == set(entities())
    assert world.sql(
        "select data_type from duckdb_columns() where table_name = 'payments' and column_name = 'amount'"
    ) == [("DECIMAL(18,4)",)]
    columns = sum(len(e.columns) for e in entities().values())
    assert world.sql("select count(*) from evidence.inputs") == [(columns,)]
    delivered = "select column_name, row_count, non_null_count from evidence.inputs where delivered order by 1"
    assert world.sql(delivered) == [
        ("customer_id", 30, 30), ("gross_amount", 30, 30), ("order_id", 30, 30), ("ordered_at", 30, 30)
    ]  # fmt: skip


def test_known_at_leaves_out_later_deliveries(world: World) -> None:
    """What a later delivery restated was not known then: an assessment of the past must not use it."""
    world.deliver("2024-02-01", orders__csv=lines(good(30)))
    world.deliver("2024-03-01", orders__csv=lines([*good(10, 31), "o1,c1,2024-01-02,99.00"]))
    assert world.load().entity_rows["orders"] == 40
    world.configure(extra="known_at: 2024-02-29\n")
    assert world.load().entity_rows["orders"] == 30
    assert world.sql("select gross_amount::varchar from raw.orders where order_id = 'o1'") == [("1.5000",)]
    world.configure(extra="known_at: 2024-01-31\n")
    with pytest.raises(IngestError, match="no delivery by 2024-01-31"):
        world.load()


def test_two_sources_may_not_take_the_same_file(world: World) -> None:
    """Overlapping globs would load every order twice."""
    world.configure(ORDERS + ORDERS.lstrip("\n"))
    world.deliver("2024-02-01", orders__csv=lines(good(30)))
    with pytest.raises(DeliveryRejected, match="two sources of orders take it"):
        world.load()


def test_times_are_local_to_the_company(world: World) -> None:
    """An order at 23:00Z on New Year's Eve belongs to the next year in Shanghai."""
    rows = ["a,c,2023-12-31T23:00:00Z,1", "b,c,2023-12-31 23:00,1", "d,c,2023-12-31T23:00:00+0100,1",
            "e,c,2024年1月5日,1", "f,c,2023/12/31,1"]  # fmt: skip
    world.deliver("2024-02-01", orders__csv=lines(rows, HEADER))
    world.load()
    assert [r[0] for r in world.sql("select ordered_at::varchar from raw.orders order by order_id")] == [
        "2024-01-01 07:00:00", "2023-12-31 23:00:00", "2024-01-01 06:00:00", "2024-01-05 00:00:00",
        "2023-12-31 00:00:00",
    ]  # fmt: skip
