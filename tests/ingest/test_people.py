"""Pseudonyms: stable, keyed, reversible only by who holds the key; and no personal value where it does not belong."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import replace
from pathlib import Path

import pytest

from dagster_project.ingest.errors import DeliveryRejected, IngestError
from dagster_project.ingest.pseudonyms import DEMO_KEY, Pseudonymiser
from dagster_project.ingest.reveal import reveal
from tests.ingest.ingest_helpers import World, lines

CUSTOMERS = """
  - entity: customers
    files: "customers.csv"
    columns: {customer_id: id, full_name: name, phone: phone, owner_staff_id: owner}
"""


def test_a_pseudonym_is_the_hmac_of_the_id(world: World) -> None:
    """Computed in SQL, it must be the HMAC-SHA256 everyone else can check."""
    world.configure(CUSTOMERS)
    world.deliver("2024-02-01", customers__csv="id,name,phone,owner\n客户7,张三,13900000000,w1\n")
    world.load()
    subkey = hmac.digest(DEMO_KEY, b"bookworth:acme", "sha256")
    expected = "c_" + hmac.new(subkey, "customer:客户7".encode(), hashlib.sha256).hexdigest()[:20]
    assert world.sql("select customer_id from raw.customers") == [(expected,)]
    assert Pseudonymiser.of(world.company, world.settings).pseudonym("customer", "客户7") == expected
    assert world.sql("select owner_staff_id from raw.customers")[0][0].startswith("s_")


def test_reveal_finds_the_newest_name_and_phone(world: World) -> None:
    """The seller calls the customer back: an old phone number is the wrong one."""
    world.configure(CUSTOMERS)
    world.deliver("2024-02-01", customers__csv="id,name,phone,owner\n7,张三,13900000000,w1\n8,李四,1,w1\n")
    world.deliver("2024-03-01", customers__csv="id,name,phone,owner\n7,张三,13911111111,w1\n")
    world.load()
    key = Pseudonymiser.of(world.company, world.settings)
    wanted = [key.pseudonym("staff", "w1"), key.pseudonym("customer", "7"), "c_" + "0" * 20]
    staff, customer = reveal(world.company, world.paths, world.settings, wanted)
    assert (staff.domain, staff.clear_id) == ("staff", "w1")
    assert (customer.clear_id, customer.identifiers) == ("7", {"full_name": "张三", "phone": "13911111111"})
    assert "张三" not in repr(customer)


def test_companies_and_domains_do_not_share_pseudonyms(world: World) -> None:
    """Equal pseudonyms across companies would join two customer books."""
    company = world.company
    one = Pseudonymiser.of(company, world.settings)
    other = Pseudonymiser.of(replace(company, id="other"), world.settings)
    assert one.pseudonym("customer", "7") != other.pseudonym("customer", "7")
    assert one.pseudonym("customer", "7")[2:] != one.pseudonym("staff", "7")[2:]


@pytest.mark.parametrize(
    ("mode", "size", "message"),
    [(0o600, 31, "at least 32"), (0o644, 64, "chmod 600"), (None, 0, "not a file")],
)
def test_an_unsafe_key_file_is_refused(world: World, tmp_path: Path, mode: int | None, size: int, message: str) -> None:
    """A short, missing or world-readable key protects nobody."""
    path = tmp_path / "key"
    if mode is not None:
        path.write_bytes(b"k" * size)
        path.chmod(mode)
    company = replace(world.company, pseudonym_key="file")
    with pytest.raises(IngestError, match=message):
        Pseudonymiser.of(company, replace(world.settings, key_file=path))


def test_a_real_company_without_key_is_refused(world: World) -> None:
    """Falling back to the demo key would publish pseudonyms anyone can reverse."""
    company = replace(world.company, pseudonym_key="file")
    with pytest.raises(IngestError, match="set BOOKWORTH_KEY_FILE"):
        Pseudonymiser.of(company, world.settings)


def test_no_clear_id_and_no_key_in_the_work_file(world: World) -> None:
    """A clear id left in a dropped table or a key in a view would go wherever the file goes."""
    world.configure(CUSTOMERS)
    rows = [f"GEHEIM-{i},,,MITARBEITER-{i}" for i in range(500)]
    world.deliver("2024-02-01", customers__csv=lines(rows, "id,name,phone,owner\n"))
    world.load()
    content = world.paths.work_db.read_bytes()
    assert b"GEHEIM" not in content
    assert b"MITARBEITER" not in content
    assert DEMO_KEY not in content
    assert not (world.paths.root / ".scratch").exists()


def test_no_personal_value_in_messages(world: World) -> None:
    """Messages end in event logs, which keep them."""
    world.configure(CUSTOMERS.replace("phone: phone", "phone: phone, birth_date: birth"))
    header = "id,name,phone,owner,birth\n"
    good = [f"{i},NAME-{i},TEL-{i},w1,2000-01-01" for i in range(50)]
    world.deliver("2024-02-01", customers__csv=lines([*good, "X,NAME-X,TEL-X,w1,BIRTH-X"], header))
    report = world.load()
    said = repr(world.messages) + repr(report)
    world.deliver("2024-03-01", customers__csv=lines(["X,NAME-X,TEL-X,w1,BIRTH-X"], header))
    with pytest.raises(DeliveryRejected) as e:
        world.load()
    said += str(e.value)
    for word in ("NAME-", "TEL-", "BIRTH-"):
        assert word not in said


def test_a_failing_expression_does_not_quote_the_cell(world: World) -> None:
    """DuckDB's own message holds the value it could not convert."""
    world.configure(CUSTOMERS.replace("phone: phone", "phone: {sql: 'phone::int'}"))
    world.deliver("2024-02-01", customers__csv="id,name,phone,owner\n7,张三,GEHEIM,w1\n")
    with pytest.raises(IngestError, match=r"company.yaml:\d+: an sql expression fails") as e:
        world.load()
    assert "GEHEIM" not in str(e.value)
    assert e.value.__cause__ is None
