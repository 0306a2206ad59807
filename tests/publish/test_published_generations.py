from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import textwrap
from dataclasses import replace

import duckdb
import pytest
from publish_worker import build, build_and_publish, judge, read

from dagster_project.publish import ledger
from dagster_project.publish.errors import NotPublishable, PublishError
from dagster_project.publish.generations import (
    current_generation,
    generation_numbers,
    prune,
    publish,
    rollback,
    status,
    verify,
)


def damage(file):
    """Write to a sealed file, as root can."""
    file.chmod(0o644)
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 0xFF
    file.write_bytes(content)
    file.chmod(0o444)


def cut(file):
    file.chmod(0o644)
    os.truncate(file, 5_000)


def test_generation_is_whole_sealed_and_listed(paths):
    """A generation lacks a file, can be written to, has a log beside it, or its manifest does not match."""
    made = build_and_publish(paths, 1)
    folder = paths.generations / "000001"
    assert (made.number, made.path, made.unchanged, made.score) == (1, folder, False, 1.0)
    assert str(paths.current.readlink()) == "generations/000001"
    manifest = json.loads((folder / "MANIFEST.json").read_text())
    files = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    assert set(files) == {"MANIFEST.json", "marts.duckdb", "reports/index.html", "reports/tables/orders.html"}
    for name, sealed in manifest["files"].items():
        content = files[name].read_bytes()
        assert sealed == {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
    assert {path.stat().st_mode & 0o777 for path in files.values()} == {0o444}
    assert {path.stat().st_mode & 0o777 for path in [folder, *folder.rglob("*")] if path.is_dir()} == {0o555}
    assert (manifest["as_of"], manifest["deliveries"], manifest["scores"]) == (
        "2026-03-31",
        ["2026-04-01"],
        {"overall": 1.0, "retention": None},
    )
    (row,) = ledger.generation_rows(paths)
    assert row.published_at == made.published_at
    assert row.marts_sha256 == manifest["files"]["marts.duckdb"]["sha256"]
    assert row.manifest_sha256 == hashlib.sha256(files["MANIFEST.json"].read_bytes()).hexdigest()
    assert current_generation(paths) == made
    assert verify(paths) == ()


def test_unjudged_or_failed_build_leaves_current_alone(paths):
    """Bad data goes live because publishing does not ask for the verdict."""
    build_and_publish(paths, 1)
    build(paths, 2)
    with pytest.raises(NotPublishable, match="has not been judged"):
        publish(paths)
    judge(paths, failures=["12% of rows are bad"], warnings=["late"])
    with pytest.raises(NotPublishable, match="12% of rows are bad"):
        publish(paths)
    assert (read(paths), generation_numbers(paths)) == (1, [1])
    found = status(paths)
    assert found.fell_short == ("12% of rows are bad", "late")
    assert (found.generation.number, found.damage) == (1, ())


def test_five_are_kept_and_numbers_only_rise(paths):
    """Old generations fill the disk; or a number comes back with other content."""
    for n in range(1, 8):
        build_and_publish(paths, n)
    assert generation_numbers(paths) == [3, 4, 5, 6, 7]
    rollback(paths, 3)
    assert build_and_publish(paths, 8).number == 8
    assert [row.number for row in ledger.generation_rows(paths)] == list(range(1, 9))
    assert sorted(path.name for path in paths.generations.iterdir()) == [f"{n:06d}" for n in range(4, 9)]


def test_same_build_stays_as_it_is(paths):
    """A nightly run without new input makes a new generation every night, and prunes the ones worth keeping."""
    first = build_and_publish(paths, 1)
    again = build_and_publish(paths, 1)
    assert (again.number, again.unchanged) == (1, True)
    assert "Unchanged" in again.notes[0]
    assert replace(again, unchanged=False, notes=()) == first


def test_score_history_alone_is_no_change(paths):
    """The score history grows by the generation that was just published, so no rerun is ever unchanged."""
    for n in (1, 2):
        build(paths, 1)
        with duckdb.connect(str(paths.candidate_db)) as db:
            db.execute(f"create table score.fct_score_history as select * from range({n})")
        judge(paths)
        assert publish(paths).number == 1


def test_same_build_id_with_other_rows_is_a_change(paths):
    """Rows that changed for a reason the build id does not know (a new key) are kept back as unchanged."""
    build_and_publish(paths, 1)
    build(paths, 1, rows=10)
    judge(paths)
    assert publish(paths).number == 2


def test_damaged_current_is_replaced_by_the_next_run(paths):
    """The same input is called unchanged while the published file is damaged: the damage stays for good."""
    build_and_publish(paths, 1)
    damage(paths.generations / "000001" / "marts.duckdb")
    assert status(paths).damage == ("marts.duckdb has other content than was published",)
    assert build_and_publish(paths, 1).number == 2
    assert (verify(paths), read(paths)) == ((), 1)


def test_rollback_pins_and_the_next_run_repairs(paths):
    """After a rollback someone has to unpin by hand, or the pinned generation is pruned under its readers."""
    for n in range(1, 5):
        build_and_publish(paths, n)
    assert rollback(paths).number == 3
    assert rollback(paths, 1).number == 1
    assert (read(paths), status(paths).is_pinned, ledger.pinned(paths)) == (1, True, (1,))
    new = build_and_publish(paths, 5, keep=2)
    assert (new.number, read(paths), ledger.pinned(paths)) == (5, 5, ())
    assert new.notes == ("Generation 1 had been rolled back to; its pin is cleared and generation 5 is current.",)
    assert generation_numbers(paths) == [4, 5]


def test_failed_run_after_a_rollback_keeps_the_pin(paths):
    """A run that publishes nothing undoes the rollback, or lets the pinned generation be pruned."""
    build_and_publish(paths, 1)
    build_and_publish(paths, 2)
    rollback(paths)
    build(paths, 3)
    with pytest.raises(NotPublishable):
        publish(paths)
    assert (read(paths), ledger.pinned(paths)) == (1, (1,))


def test_current_and_pinned_are_never_pruned(paths):
    """What readers see is pruned under newer generations; or a rollback to what the input gives stays pinned."""
    for n in range(1, 5):
        build_and_publish(paths, n)
    ledger.pin(paths, 2)
    assert prune(paths, keep=1) == (1, 3)
    rollback(paths, 2)
    assert prune(paths, keep=1) == ()
    again = build_and_publish(paths, 2, keep=1)
    assert (again.number, again.unchanged, ledger.pinned(paths)) == (2, True, ())
    assert (generation_numbers(paths), read(paths)) == ([2, 4], 2)
    assert build_and_publish(paths, 5, keep=1).number == 5
    assert generation_numbers(paths) == [5]


def test_rollback_skips_damage_and_says_what_there_is(paths):
    """A rollback switches readers to a damaged generation, or to one that is not there."""
    with pytest.raises(PublishError, match="no sound generation"):
        rollback(paths)
    for n in (1, 2, 3):
        build_and_publish(paths, n)
    damage(paths.generations / "000002" / "marts.duckdb")
    with pytest.raises(PublishError, match="Generation 2 of acme is damaged"):
        rollback(paths, 2)
    with pytest.raises(PublishError, match="no generation 9; there are: 1, 2, 3"):
        rollback(paths, 9)
    assert read(paths) == 3
    assert rollback(paths).number == 1


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (lambda folder: damage(folder / "marts.duckdb"), "marts.duckdb has other content than was published"),
        (lambda folder: cut(folder / "marts.duckdb"), "marts.duckdb has 5,000 bytes instead of 1,060,864"),
        (lambda folder: (folder / "marts.duckdb").chmod(0o644), "marts.duckdb can be written to"),
        (lambda folder: (folder / "marts.duckdb.wal").write_bytes(b"x"), "marts.duckdb.wal was not published"),
        (lambda folder: (folder / "reports" / "index.html").unlink(), "reports/index.html is missing"),
        (lambda folder: folder.chmod(0o755), "the folder can be written to"),
        (lambda folder: damage(folder / "MANIFEST.json"), "MANIFEST.json of generation 1 is missing or damaged"),
        (lambda folder: (folder / "MANIFEST.json").unlink(), "MANIFEST.json of generation 1 is missing or damaged"),
    ],
)
def test_harm_is_told_in_words(paths, harm, words):
    """Damage to a published generation goes unseen, or is told in a way that nobody can act on."""
    build_and_publish(paths, 1)
    folder = paths.generations / "000001"
    folder.chmod(0o755)
    (folder / "reports").chmod(0o755)
    harm(folder)
    assert words in verify(paths)
    assert status(paths).damage == verify(paths)
    assert build_and_publish(paths, 1).number == 2
    assert verify(paths) == ()


def test_edited_manifest_is_found(paths):
    """Marts and manifest changed together pass for what was published."""
    build_and_publish(paths, 1)
    file = paths.generations / "000001" / "MANIFEST.json"
    file.chmod(0o644)
    file.write_text(file.read_text().replace('"overall": 1.0', '"overall": 99.0'))
    assert "MANIFEST.json is not the one that was published" in verify(paths)


def test_status_of_a_company_without_anything(paths):
    """`status` before the first run fails, or makes files."""
    found = status(paths)
    assert (found.generation, found.as_of, found.deliveries, found.damage, found.last_run) == (None, None, (), (), None)
    assert verify(paths) == ("nothing is published",)
    assert not paths.root.exists()


@pytest.mark.parametrize("left", ["dangling", "gone"])
def test_lost_switch_is_repaired(paths, left):
    """A lost `current`, or one that points nowhere, ends publishing."""
    build_and_publish(paths, 1)
    paths.current.unlink()
    if left == "dangling":
        paths.current.symlink_to("generations/000042")
        assert "generation 42 is missing" in status(paths).damage[0]
    assert build_and_publish(paths, 1).number == 2
    assert read(paths) == 1


def test_copied_warehouse_with_a_folder_for_the_switch(paths):
    """A warehouse copied without its links fails with a traceback, or its `current` never changes again."""
    build_and_publish(paths, 1)
    paths.current.unlink()
    paths.current.mkdir()
    assert "is not a link to a generation" in status(paths).damage[0]
    with pytest.raises(PublishError, match="Move it away and run again"):
        build_and_publish(paths, 2)
    paths.current.rmdir()
    assert build_and_publish(paths, 2).number == 2


def test_moved_warehouse_still_reads(paths, tmp_path):
    """The switch is an absolute path, and breaks when the warehouse is moved or mounted elsewhere."""
    build_and_publish(paths, 1)
    paths.root.rename(tmp_path / "moved")
    assert (tmp_path / "moved" / "current" / "marts.duckdb").is_file()


def test_score_that_is_no_number_is_refused(paths):
    """A division by zero is published as the score."""
    build(paths, 1)
    judge(paths)
    with pytest.raises(NotPublishable, match="the score of overall is not a number"):
        publish(paths, scores={"overall": float("nan")})


def test_erased_values_are_not_in_the_next_file(paths):
    """A customer asked to be erased, and the published file still holds the name between its pages."""
    for n, name in ((1, "Zanzibar-Quince-4711"), (2, "nobody")):
        build(paths, n)
        with duckdb.connect(str(paths.candidate_db)) as db:
            db.execute("create table customer.names as select ? as name", [name])
        judge(paths)
        publish(paths)
    assert b"Zanzibar-Quince" in (paths.generations / "000001" / "marts.duckdb").read_bytes()
    assert b"Zanzibar-Quince" not in (paths.generations / "000002" / "marts.duckdb").read_bytes()


def test_analyst_cannot_open_the_file_for_writing(paths, tmp_path):
    """An analyst forgets `read_only` and changes, or locks, what everyone reads."""
    build_and_publish(paths, 1)
    program = textwrap.dedent(
        """
        import os, sys
        import duckdb
        if os.getuid() == 0:
            os.setgroups([]), os.setgid(65534), os.setuid(65534)
        with duckdb.connect(sys.argv[1], read_only=True) as db:
            print(db.execute("select max(n) from customer.fct_orders").fetchall())
        try:
            duckdb.connect(sys.argv[1])
        except duckdb.IOException as error:
            print("Permission denied" in str(error) or str(error))
        """
    )
    opened = []
    for folder in (tmp_path, *tmp_path.parents):
        if folder.stat().st_uid == os.getuid() and folder.stat().st_mode & 0o777 == 0o700:
            folder.chmod(0o711)
            opened.append(folder)
    try:
        done = subprocess.run(
            [sys.executable, "-c", program, str(paths.current / "marts.duckdb")],
            cwd="/",
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
    finally:
        for folder in opened:
            folder.chmod(0o700)
    assert done.stdout.splitlines() == ["[(1,)]", "True"]
    assert verify(paths) == ()


def test_what_root_writes_is_found(paths):
    """Permission bits do not bind root: what is written through them is served as published."""
    build_and_publish(paths, 1)
    file = paths.generations / "000001" / "marts.duckdb"
    file.chmod(0o644)  # for those who run the tests as someone else
    with duckdb.connect(str(file)) as db:
        db.execute("update customer.fct_orders set n = 9 where i = 3")
    file.chmod(0o444)
    assert any(words.startswith("marts.duckdb has") for words in verify(paths))
    assert build_and_publish(paths, 1).number == 2
    assert read(paths) == 1
