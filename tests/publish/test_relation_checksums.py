from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from dagster_project.publish.checksums import checkpoint, relation_checksums
from dagster_project.publish.errors import NotPublishable


def checksums(folder: Path, *statements: str):
    file = folder / "x.duckdb"
    file.unlink(missing_ok=True)
    with duckdb.connect(str(file)) as db:
        for statement in statements:
            db.execute(statement)
    return relation_checksums(file)


def test_order_of_rows_does_not_count(tmp_path):
    """The same marts, written by more threads, look like other marts."""
    rows = "create table t as select i, 'n' || i as name, null::date as d from range(5000) as r(i)"
    assert checksums(tmp_path, rows) == checksums(tmp_path, f"{rows} order by i desc")


@pytest.mark.parametrize(
    "change",
    [
        "update t set a = 2 where b = 'x'",
        "insert into t values (1, 'x')",
        "delete from t where b = 'y'",
        "update t set a = null where b = 'y'",
        "alter table t rename a to c",
        "alter table t alter a type bigint",
        "create schema s; create table s.u (a int)",
    ],
)
def test_every_change_counts(tmp_path, change):
    """A row that changed, doubled, vanished or lost a value, or another column name or type, passes as the same."""
    rows = "create table t as select * from (values (1, 'x'), (1, 'x'), (3, 'y')) as v(a, b)"
    assert checksums(tmp_path, rows) != checksums(tmp_path, rows, change)


def test_doubled_rows_do_not_cancel(tmp_path):
    """An even number of the same row counts as none, as it does with xor."""
    found = [
        checksums(tmp_path, "create table t (a int)", *["insert into t values (1)"] * times)["main.t"]
        for times in (0, 2, 4)
    ]
    assert [checksum.rows for checksum in found] == [0, 2, 4]
    assert len({checksum.hash for checksum in found}) == 3


def test_swapped_columns_count(tmp_path):
    """Two columns of one type changed places."""
    one, two = (f"create table t as select {a} as a, {b} as b" for a, b in ((1, 2), (2, 1)))
    assert checksums(tmp_path, one) != checksums(tmp_path, two)


def test_any_name_and_type_is_covered(tmp_path):
    """A relation with an odd name, or a nested column, breaks the check or is left out."""
    found = checksums(
        tmp_path,
        'create schema "sélect ""x"',
        'create table "sélect ""x"."a b" as select [1, 2] as l, {\'k\': map {1: 2}} as s, 1.5::decimal(9, 2) as "from"',
        "create view v as select 1 as a",
    )
    assert set(found) == {'sélect "x.a b', "main.v"}


def test_view_outside_the_file_is_refused(tmp_path):
    """A published view works where it was built and nowhere else."""
    (tmp_path / "x.csv").write_text("a\n1\n")
    with pytest.raises(NotPublishable, match=r"main\.v is a view over something"):
        checksums(tmp_path, f"create view v as select * from read_csv('{tmp_path}/x.csv')")
    with pytest.raises(NotPublishable, match=r"main\.v is a view over something"):
        checksums(tmp_path, "create table t (a int)", "create view v as select * from t", "drop table t")


def test_log_is_folded_in(tmp_path):
    """The rows of the last transactions stay in a log that is not published."""
    file = tmp_path / "x.duckdb"
    with duckdb.connect(str(file)) as db:
        db.execute("pragma disable_checkpoint_on_shutdown; create table t as select 1 as a")
    assert file.with_name("x.duckdb.wal").exists()
    checkpoint(file)
    assert not file.with_name("x.duckdb.wal").exists()
    assert relation_checksums(file)["main.t"].rows == 1


def test_damage_is_said_without_values(tmp_path):
    """A damaged file passes until someone scans it, or its error carries what was in it."""
    file = tmp_path / "x.duckdb"
    checksums(tmp_path, "create table t as select i, md5(i::varchar) as m from range(50000) as r(i)")
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 0xFF
    file.write_bytes(content)
    with pytest.raises(NotPublishable, match=r"x\.duckdb is damaged \(\w+\)\. Run the whole refresh"):
        relation_checksums(file)
    with pytest.raises(NotPublishable, match="is not there"):
        relation_checksums(tmp_path / "y.duckdb")


def test_open_file_is_told_from_a_damaged_one(tmp_path):
    """Someone has the candidate open in a client, and is told that it is damaged."""
    file = tmp_path / "x.duckdb"
    with duckdb.connect(str(file)) as db:
        db.execute("create table t as select 1 as a")
        with pytest.raises(NotPublishable, match="open in another process or connection"):
            relation_checksums(file)
