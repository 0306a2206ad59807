"""People who ask to be forgotten: their rows are counted, and none of their values is left in what is built."""

from __future__ import annotations

import stat
from datetime import date
from pathlib import Path

import pytest

from dagster_project.companies import BookworthError
from dagster_project.ingest import erasure
from dagster_project.ingest.erasure import Erasures
from dagster_project.ingest.errors import IngestError
from dagster_project.ingest.pseudonyms import Pseudonymiser
from dagster_project.tools.erase import Remains, erase, purge, remains
from dagster_project.tools.quarantine import quarantine
from tests.ingest.ingest_helpers import World, good, lines

SOURCES = """
  - entity: customers
    files: "customers.csv"
    mode: full
    columns: {customer_id: id, full_name: name, phone: phone, referrer_customer_id: referrer}
  - entity: orders
    files: "orders.csv"
    columns: {order_id: order, customer_id: customer, ordered_at: day, gross_amount: amount}
  - entity: order_lines
    files: "lines.csv"
    columns: {order_id: order, product_id: product, quantity: quantity, unit_price: price}
  - entity: payments
    files: "payments.csv"
    columns: {payment_id: id, order_id: order, paid_at: day, amount: amount}
"""
NAME, PHONE, ID = "Forgotten-Person", "13987654321", "K-0000777"
ON = date(2024, 3, 2)
# The person's customer row, two orders (one of them unreadable), their lines and payment; and who was referred by them.
CUSTOMERS = "id,name,phone,referrer\n" + "".join(f"c{i},n{i},1390000{i:04d},\n" for i in range(1, 60))
CUSTOMERS += f"{ID},{NAME},{PHONE},c1\nc60,n60,13900000060,{ID}\n"
ORDERS = lines([*good(59), f"A-1,{ID},2024-01-05,77777.77", f"A-2,{ID},never,77777.78"])
ORDERS += f'A-3,"{ID}",2024-01-05\n'
LINES = lines([*(f"o{i},p,1,{i}.50" for i in range(1, 60)), "A-1,p,1,77777.77"], "order,product,quantity,price\n")
PAYMENTS = lines([*(f"y{i},o{i},2024-01-30,{i}.50" for i in range(1, 60)), "y60,A-1,2024-01-30,77777.77"],
                 "id,order,day,amount\n")  # fmt: skip


@pytest.fixture
def known(world: World) -> World:
    """Everything loaded once, as it was before the person asked."""
    world.configure(SOURCES)
    world.deliver("2024-03-01", customers__csv=CUSTOMERS, orders__csv=ORDERS, lines__csv=LINES, payments__csv=PAYMENTS)
    world.load()
    return world


def _erase(world: World, *ids: str) -> int:
    return erase(world.company, world.paths, world.settings, ids, ON)


def _remains(world: World) -> Remains:
    return remains(world.company, world.paths, world.settings)


def _holds(folder: Path, *values: str) -> list[str]:
    """Files below the folder, landed copies aside, that hold one of these values in their bytes."""
    files = [p for p in folder.rglob("*") if p.is_file() and p.parent.name != "landing"]
    return [p.name for p in files if any(v.encode() in p.read_bytes() for v in values)]


def _texts(world: World) -> str:
    """Every value of every raw table and quarantined row, as text: Parquet and DuckDB files are compressed."""
    tables = world.sql("select table_schema || '.' || table_name from information_schema.tables order by 1")
    return str([world.sql(f"select * from {table}") for (table,) in tables]) + str(world.quarantined())


def test_an_erased_persons_rows_are_counted_and_reach_nothing(known: World) -> None:
    """The law asks for it within weeks; the balance must say where the rows went."""
    assert ID in _texts(known)  # in the text of the quarantined rows: what is looked for below can be found
    assert _erase(known, ID) == 1
    report = known.load()
    counts = {f.file: (f.delivered, f.loaded, f.quarantined, f.erased) for f in report.files}
    assert counts == {
        "customers.csv": (61, 60, 0, 1),
        "orders.csv": (62, 59, 0, 3),
        "lines.csv": (60, 59, 0, 1),
        "payments.csv": (60, 59, 0, 1),
    }
    assert known.sql("select sum(erased)::int, sum(delivered - loaded - quarantined - erased)::int from "
                     "evidence.row_accounting") == [(6, 0)]  # fmt: skip
    pseudonym = Pseudonymiser.of(known.company, known.settings).pseudonym("customer", ID)
    texts = _texts(known)
    for value in (ID, NAME, PHONE, "77777.77", "A-1", "A-2", pseudonym):
        assert value not in texts
    assert _holds(known.paths.root, ID, NAME, PHONE) == []


def test_what_others_rows_say_of_them_is_blanked(known: World) -> None:
    """Whom they referred is somebody else's row: it stays, without the person in it."""
    assert known.sql("select count(referrer_customer_id) from raw.customers") == [(2,)]
    _erase(known, ID)
    report = known.load()
    assert known.sql("select count(*), count(referrer_customer_id) from raw.customers") == [(60, 0)]
    assert "2024-03-01 customers.csv: 1 rows named an erased person beside their own; that was blanked" in report.notes


def test_a_later_delivery_does_not_bring_them_back(known: World) -> None:
    """The CRM they are still in exports them again next month."""
    _erase(known, ID)
    known.deliver("2024-04-01", customers__csv=CUSTOMERS + "c61,n61,13900000061,\n")
    known.deliver("2024-04-01", orders__csv=lines([f"A-9,{ID},2024-03-20,77777.79", *good(5, 100)]))
    report = known.load()
    assert {(str(f.delivery), f.file): f.erased for f in report.files if f.erased} == {
        ("2024-03-01", "customers.csv"): 1, ("2024-03-01", "orders.csv"): 3, ("2024-03-01", "lines.csv"): 1,
        ("2024-03-01", "payments.csv"): 1, ("2024-04-01", "customers.csv"): 1, ("2024-04-01", "orders.csv"): 1,
    }  # fmt: skip
    assert ID not in _texts(known)
    assert known.sql("select count(*) from evidence.restatements where entity = 'customers'") == [(0,)]


def test_a_pseudonym_will_do(known: World) -> None:
    """The buyer's side knows nothing else."""
    pseudonym = Pseudonymiser.of(known.company, known.settings).pseudonym("customer", ID)
    assert _erase(known, pseudonym) == 1
    assert sum(f.erased for f in known.load().files) == 6
    assert _erase(known, ID) == 0  # the same person


def test_a_mistyped_id_erases_nobody_and_says_so(known: World) -> None:
    """An id that matches nothing would stand on the list for ever, and the person in the marts."""
    with pytest.raises(BookworthError, match="number 2; nobody was put on the list") as e:
        _erase(known, ID, "K-0000778")
    assert "K-0000778" not in str(e.value)
    assert not known.paths.erased.exists()


def test_the_list_names_nobody_and_is_for_its_owner_only(known: World) -> None:
    """A list of those who wanted to be forgotten must not be where they are found."""
    _erase(known, ID)
    text = known.paths.erased.read_text(encoding="utf-8")
    assert ID not in text
    assert "A-1" not in text
    assert f"customer,{Pseudonymiser.of(known.company, known.settings).pseudonym('customer', ID)},2024-03-02" in text
    assert stat.S_IMODE(known.paths.erased.stat().st_mode) == 0o600


def test_another_key_is_refused(known: World) -> None:
    """Under a new key no pseudonym of the list matches: everybody on it would come back without a word."""
    _erase(known, ID)
    other = Pseudonymiser(b"x" * 64, b"y" * 64)
    with pytest.raises(IngestError, match="written under another pseudonym key"):
        erasure.read(known.paths, other)


@pytest.mark.parametrize("content", ["", "domain,pseudonym\n", "domain,pseudonym,erased_on\n"])
def test_a_damaged_list_is_refused(known: World, content: str) -> None:
    """A list that was cut short holds back fewer people than asked."""
    known.paths.erased.write_text(content)
    with pytest.raises(IngestError, match="damaged"):
        known.load()


def test_what_remains_is_said_and_purged(known: World) -> None:
    """The delivered file is the seller's: until it is replaced, it and its landed copy hold the person."""
    _erase(known, ID)
    known.load()
    assert {(name, rows) for _, name, rows in _remains(known).files} == {
        ("customers.csv", 1), ("orders.csv", 3), ("lines.csv", 1), ("payments.csv", 1)
    }  # fmt: skip
    assert _remains(known).orphans == ()
    assert len([p for p in known.paths.landing.iterdir() if ID.encode() in p.read_bytes()]) == 2
    known.deliver("2024-03-01", customers__csv=CUSTOMERS.replace(f"{ID},{NAME},{PHONE},c1\n", "").replace(ID, ""))
    known.deliver("2024-03-01", orders__csv=lines(good(59)))
    report = known.load()
    assert sum(f.erased for f in report.files) == 2  # the lines and the payment, which name nobody
    assert len(_remains(known).orphans) == 2
    assert purge(_remains(known)) == 2
    assert [p for p in known.paths.landing.iterdir() if ID.encode() in p.read_bytes()] == []
    assert all(not q.rows for q in quarantine(known.paths))


def test_staff_and_contacts_can_be_forgotten_too(world: World) -> None:
    """A salesperson who left has the same right; the customers they served stay."""
    world.configure("""
  - entity: customers
    files: "customers.csv"
    columns: {customer_id: id, owner_staff_id: owner}
  - entity: staff
    files: "staff.csv"
    columns: {staff_id: id, hired_on: since, role: role}
""")
    world.deliver(
        "2024-03-01", customers__csv="id,owner\nc1,w1\nc2,w2\n", staff__csv="id,since,role\nw1,2020-01-01,x\n"
    )
    world.load()
    key = Pseudonymiser.of(world.company, world.settings)
    _erase(world, key.pseudonym("staff", "w1"))
    report = world.load()
    assert {f.file: (f.loaded, f.erased) for f in report.files} == {"customers.csv": (2, 0), "staff.csv": (0, 1)}
    assert world.sql("select count(*), count(owner_staff_id) from raw.customers") == [(2, 1)]


def test_an_empty_list_costs_nothing(world: World) -> None:
    """Nearly every company has none: not a single id may be hashed for it."""
    key = Pseudonymiser.of(world.company, world.settings)
    assert not erasure.read(world.paths, key)
    assert Erasures(key).fingerprint == ""


def test_what_a_customers_rows_hang_on_follows_the_contract() -> None:
    """A new entity with its own id must be thought of here."""
    assert erasure.links() == ("contract_id", "invoice_id", "lead_id", "order_id")
