"""Faults at any moment: readers see a whole generation throughout, and the next run repairs by itself."""

from __future__ import annotations

import errno
import os
import random
import resource
import shutil
import subprocess
import sys
import time

import duckdb
import pytest
from publish_worker import ROWS, build, build_and_publish, judge, read
from publish_worker import __file__ as worker_file

from dagster_project.publish import _files, generations, ledger
from dagster_project.publish.errors import DiskFull, NotPublishable, PublishError
from dagster_project.publish.generations import generation_numbers, publish, rollback, status, verify

KILLS = 12


def assert_tidy(paths):
    """Nothing half-made is left, and disk and ledger agree."""
    names = [path.name for path in [*paths.generations.iterdir(), *paths.root.iterdir()]]
    assert not [name for name in names if name.endswith((".tmp", ".del"))]
    published = [row.number for row in ledger.generation_rows(paths) if row.published_at is not None]
    assert set(generation_numbers(paths)) <= set(published)


def test_killed_at_any_moment(paths, start):
    """`kill -9` leaves readers without a whole generation, or the next run with something to mend by hand."""
    build_and_publish(paths, 0)
    chance = random.Random(4711)
    last = 0
    for kill in range(KILLS):
        # Half of them at a chosen file operation, half whenever it comes.
        nth = chance.randrange(1, 90) if kill % 2 else 0
        other = start("publish", last, nth)
        if not nth:
            time.sleep(chance.uniform(0, 0.4))
            other.kill()
        assert other.wait(timeout=30) == -9
        seen = read(paths)
        assert seen >= last, "readers were sent back"
        assert verify(paths) == ()
        last = seen + 100
        new = build_and_publish(paths, last)
        assert (read(paths), verify(paths), new.unchanged) == (last, (), False)
        assert_tidy(paths)
    numbers = [row.number for row in ledger.generation_rows(paths)]
    assert numbers == sorted(set(numbers))


class Died(BaseException):
    """As good as killed: from here on no file operation gets through, so that no clean-up runs either."""


class Death:
    """Raises `Died` at the nth operation that changes the disk, and at every one after it."""

    changes = frozenset({"os.chmod", "os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.symlink", "sqlite3.connect"})
    left: int | None = None
    reached = ""

    def __call__(self, event, args):
        if self.left is None or not (event in self.changes or (event == "open" and str(args[1])[:1] in "wx")):
            return
        self.left -= 1
        if self.left <= 0:
            self.reached = self.reached or event
            raise Died


death = Death()
sys.addaudithook(death)


def test_killed_before_each_change_to_the_disk(paths, tmp_path):
    """One moment among the many leaves readers without a generation, or the next run with something to mend by hand."""
    build_and_publish(paths, 1)
    build(paths, 2)
    judge(paths)
    start_from = tmp_path / "start"
    shutil.copytree(paths.root, start_from, symlinks=True)
    switched = []
    for nth in range(1, 200):
        _files.remove_tree(paths.root)
        shutil.copytree(start_from, paths.root, symlinks=True)
        death.left = nth
        try:
            publish(paths, scores={"overall": 2.0})
            break
        except Died:
            pass
        finally:
            death.left = None
        switched.append(read(paths))
        assert verify(paths) == ()
        new = publish(paths, scores={"overall": 2.0})
        assert (read(paths), verify(paths), new.unchanged) == (2, (), switched[-1] == 2)
        assert new.number in generation_numbers(paths) and len(generation_numbers(paths)) == 2
        assert [point.score for point in ledger.score_history(paths) if point.dimension == "overall"] == [1.0, 2.0]
        assert_tidy(paths)
    assert switched == sorted(switched) and set(switched) == {1, 2}, "the switch is one operation"
    assert len(switched) > 20


def test_killed_between_switch_and_ledger(paths, monkeypatch):
    """What readers already see is missing from the ledger and the score history, or is removed as half-made."""
    build_and_publish(paths, 1)
    with monkeypatch.context() as patch:
        patch.setattr(ledger, "confirm_generation", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            build_and_publish(paths, 2)
    assert (read(paths), len(ledger.score_history(paths))) == (2, 2)
    assert rollback(paths).number == 1
    assert (generation_numbers(paths), len(ledger.score_history(paths))) == ([1, 2], 4)


def test_readers_never_notice(paths, start, tmp_path):
    """A reader gets an error, an old generation after a new one, or two generations in one query."""
    build_and_publish(paths, 1)
    reader = start("read")
    for n in range(2, 12):
        build_and_publish(paths, n, keep=2)
    (tmp_path / "stop").touch()
    out, _ = reader.communicate(timeout=30)
    reads, in_order, generations_seen = out.split()
    assert reader.returncode == 0
    assert in_order == "True"
    assert int(reads) > 20 and int(generations_seen) > 5
    assert generation_numbers(paths) == [10, 11]


def test_open_reader_outlives_its_generation(paths):
    """A long query fails because its generation was pruned while it ran."""
    build_and_publish(paths, 1)
    with duckdb.connect(str(paths.current / "marts.duckdb"), read_only=True) as db:
        for n in (2, 3, 4):
            build_and_publish(paths, n, keep=1)
        assert generation_numbers(paths) == [4]
        assert db.execute("select count(*), min(n) from customer.dim_customers").fetchall() == [(ROWS, 1)]


@pytest.mark.parametrize("step", ["copy", "write_json", "fsync", "rename", "_switch", "prepare_generation"])
def test_full_disk_at_each_step(paths, monkeypatch, step):
    """A disk that fills while publishing leaves half a generation, or readers with none."""
    build_and_publish(paths, 1)
    build(paths, 2)
    judge(paths)

    def full(*_):
        if step == "prepare_generation":
            raise DiskFull("The disk is full: the ledger")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    owner = {"_switch": generations, "prepare_generation": ledger, "rename": generations.Path}.get(step, _files)
    with monkeypatch.context() as patch:
        patch.setattr(owner, step, full)
        with pytest.raises(DiskFull, match="The disk is full"):
            publish(paths)
    assert (read(paths), verify(paths), generation_numbers(paths)) == (1, (), [1])
    assert not list(paths.generations.glob(".*"))
    assert publish(paths).number in {2, 3}
    assert read(paths) == 2
    assert_tidy(paths)


def test_file_size_limit(paths):
    """A real write that stops half way (a limit or a quota) passes for a whole copy."""
    build_and_publish(paths, 1)
    build(paths, 2)
    judge(paths)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, hard))
    try:
        with pytest.raises(DiskFull, match="Publishing acme was given up; what is published stays as it was"):
            publish(paths)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert (read(paths), generation_numbers(paths)) == (1, [1])
    assert not list(paths.generations.glob(".*"))
    assert publish(paths).number == 2


@pytest.mark.skipif(
    sys.platform != "linux" or os.getuid() != 0 or not shutil.which("unshare"), reason="needs root to mount a tiny disk"
)
def test_really_full_disk(tmp_path):
    """A disk that is truly full, for DuckDB and SQLite too, ends in damage or a traceback."""
    script = """
        mount -t tmpfs -o size=6m tmpfs "$2" || exit 77
        for n in 1 2 3 4 5 6 7; do "$0" "$1" fill "$2" $n 2>> "$3" || break; done
        dd if=/dev/zero of="$2/ballast" bs=64k 2>/dev/null
        "$0" "$1" fill "$2" 8 2>> "$3" && exit 3
        rm "$2/ballast" && rm -rf "$2"/warehouse/acme/generations/000001
        "$0" "$1" fill "$2" 9 2>> "$3" || exit 4
        "$0" -c "import sys; from pathlib import Path; sys.path.insert(0, str(Path(sys.argv[1]).parent)); \
import publish_worker as w; from dagster_project.publish.generations import verify; \
p = w.company(Path(sys.argv[2])); print(w.read(p), verify(p))" "$1" "$2"
    """
    disk, log = tmp_path / "disk", tmp_path / "log"
    disk.mkdir()
    done = subprocess.run(
        ["unshare", "-m", "sh", "-c", script, sys.executable, str(worker_file), str(disk), str(log)],
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode in {1, 77}:
        pytest.skip("this machine does not let tests mount a disk")
    said = [
        line for line in log.read_text().splitlines() if not line.startswith((" ", "Traceback", "During", "The above"))
    ]
    assert done.returncode == 0, said
    assert done.stdout == "9 ()\n"
    assert "The disk is full" in "".join(said)


def test_other_file_errors_are_said_plainly(paths, monkeypatch):
    """A read-only or failing disk shows as a traceback."""
    build(paths, 1)
    judge(paths)

    def broken(*_):
        raise OSError(errno.EIO, os.strerror(errno.EIO), "marts.duckdb")

    monkeypatch.setattr(_files, "copy", broken)
    with pytest.raises(PublishError, match=r"The reason: .*marts\.duckdb"):
        publish(paths)
    assert status(paths).generation is None


def test_full_disk_after_the_switch_is_a_note(paths, monkeypatch):
    """What readers already see is reported as not published."""
    build_and_publish(paths, 1)

    def full(*_, **__):
        raise DiskFull("The disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(ledger, "confirm_generation", full)
        patch.setattr(ledger, "clear_pins", full)
        new = build_and_publish(paths, 2)
    assert (new.number, read(paths), len(new.notes)) == (2, 2, 2)
    build_and_publish(paths, 3)
    assert_tidy(paths)
    assert {row.number for row in ledger.generation_rows(paths) if row.published_at} == {1, 2, 3}


@pytest.mark.parametrize("suffix", [".duckdb", ".html"])
def test_copy_that_differs_is_refused(paths, monkeypatch, suffix):
    """A disk that writes other bytes, or a candidate written to meanwhile, publishes what nobody judged."""
    made = build_and_publish(paths, 1)
    build(paths, 2)
    judge(paths)
    copy = _files.copy

    def copy_another(source, target):
        other = made.marts if suffix == ".duckdb" else made.reports / "index.html"
        copy(other if source.suffix == suffix else source, target)

    with monkeypatch.context() as patch:
        patch.setattr(_files, "copy", copy_another)
        with pytest.raises(NotPublishable, match="the copy is not what was judged"):
            publish(paths)
    assert (read(paths), generation_numbers(paths)) == (1, [1])


def test_leftovers_of_a_killed_run_are_removed(paths):
    """Half-made generations and spill files pile up until the disk is full."""
    build_and_publish(paths, 1)
    for name in (".000009.tmp", ".000002.del"):
        folder = paths.generations / name / "reports"
        folder.mkdir(parents=True)
        (folder / "x").write_bytes(b"x")
        folder.chmod(0o555)
    (paths.root / ".current.123.tmp").symlink_to("generations/000009")
    (paths.root / "work.duckdb.tmp").mkdir()
    assert build_and_publish(paths, 2).number == 2
    assert_tidy(paths)
