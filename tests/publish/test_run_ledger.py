from __future__ import annotations

import sqlite3
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from publish_worker import build_and_publish

from dagster_project.publish import ledger
from dagster_project.publish.errors import DiskFull, LedgerError
from dagster_project.publish.generations import generation_numbers, status
from dagster_project.publish.lock import company_lock

AT = datetime(2026, 4, 1, 3, 0, tzinfo=timezone(timedelta(hours=8)))


def test_runs_are_kept_in_utc_newest_first(paths):
    """The status page shows an old run as the last, or its time in another zone."""
    for n in range(3):
        ledger.begin_run(paths, f"run-{n}", as_of=date(2026, 3, 31), now=AT + timedelta(days=n))
        ledger.end_run(
            paths, f"run-{n}", "published", generation=n + 1, message="fine", now=AT + timedelta(days=n, hours=1)
        )
    runs = ledger.last_runs(paths, 2)
    assert [run.run_id for run in runs] == ["run-2", "run-1"]
    assert runs[1] == ledger.Run(
        run_id="run-1",
        started_at=datetime(2026, 4, 1, 19, tzinfo=UTC),
        ended_at=datetime(2026, 4, 1, 20, tzinfo=UTC),
        outcome="published",
        as_of=date(2026, 3, 31),
        message="fine",
        generation=2,
    )


def test_times_without_a_zone_are_refused(paths):
    """A local time is taken for UTC."""
    with pytest.raises(ValueError, match="zone"):
        ledger.begin_run(paths, "run-1", now=datetime(2026, 4, 1))  # noqa: DTZ001


def test_killed_run_is_marked_crashed_by_the_next(paths):
    """A run that was killed shows as running for ever."""
    ledger.begin_run(paths, "run-1")
    assert status(paths).last_run.outcome == "crashed"
    assert ledger.last_runs(paths)[0].outcome == "running", "looking changed the ledger"
    with company_lock(paths, "run-2"):
        assert ledger.begin_run(paths, "run-2") == ("run-1",)
        assert status(paths).last_run.outcome == "running"
    assert [run.outcome for run in ledger.last_runs(paths)] == ["running", "crashed"]
    assert "killed" in ledger.last_runs(paths)[1].message


def test_retried_run_goes_on_under_its_id(paths):
    """A retry of the same run breaks on its own earlier row, or calls itself crashed."""
    ledger.begin_run(paths, "run-1")
    ledger.end_run(paths, "run-1", "failed", message="disk full")
    assert ledger.begin_run(paths, "run-1") == ()
    (run,) = ledger.last_runs(paths)
    assert (run.outcome, run.ended_at, run.message) == ("running", None, "")


def test_refused_run_is_recorded_without_having_begun(paths, start):
    """A run that was refused because another was busy leaves no trace."""
    start("hold")
    ledger.end_run(paths, "run-2", "refused", message="acme is busy")
    (run,) = ledger.last_runs(paths)
    assert (run.run_id, run.outcome, run.message) == ("run-2", "refused", "acme is busy")


def test_unknown_outcome_is_refused(paths):
    """A typing mistake becomes an outcome that nothing counts."""
    with pytest.raises(LedgerError):
        ledger.end_run(paths, "run-1", "ok")


def test_score_history_has_each_published_generation_once(paths):
    """A rerun of the same input adds a second point to the score history, or a failed one adds any."""
    build_and_publish(paths, 1)
    build_and_publish(paths, 1)
    build_and_publish(paths, 2)
    unpublished = ledger.GenerationRow(9, "b", date(2026, 3, 31), None, "m", "m", ())
    ledger.prepare_generation(paths, unpublished, {"overall": 5.0})
    points = [(point.generation, point.dimension, point.score) for point in ledger.score_history(paths)]
    assert points == [(1, "overall", 1.0), (1, "retention", None), (2, "overall", 2.0), (2, "retention", None)]
    ledger.record_scores(paths, 2, {"retention": 60.0})
    assert ledger.score_history(paths)[-1].score == 60.0


def test_lost_ledger_is_read_back_from_the_manifests(paths):
    """A lost ledger ends publishing, reuses a generation's number, or loses the score history."""
    build_and_publish(paths, 1)
    build_and_publish(paths, 2)
    before = ledger.generation_rows(paths), ledger.score_history(paths)
    paths.ledger.unlink()
    third = build_and_publish(paths, 3)
    assert third.number == 3 and any("read back" in note for note in third.notes)
    assert (ledger.generation_rows(paths)[:2], ledger.score_history(paths)[:4]) == before


def test_damaged_ledger_is_said_plainly(paths):
    """A damaged ledger shows as a traceback, or something is published that it does not know of."""
    build_and_publish(paths, 1)
    paths.ledger.write_bytes(b"not a database" * 1000)
    with pytest.raises(LedgerError, match=r"ledger\.sqlite cannot be used"):
        build_and_publish(paths, 2)
    assert generation_numbers(paths) == [1]


def test_looking_makes_no_ledger(paths):
    """`status` of a company that never ran creates files, or fails."""
    assert (ledger.last_runs(paths), ledger.score_history(paths), ledger.pinned(paths)) == ([], [], ())
    assert not paths.root.exists()


def test_full_disk_keeps_the_ledger_whole(paths, monkeypatch):
    """A disk that fills while the ledger is written damages it."""
    ledger.begin_run(paths, "run-1")
    connect = sqlite3.connect

    def connect_small(*args, **kwargs):
        db = connect(*args, **kwargs)
        db.execute("pragma max_page_count = 1")  # never below the present size: no further page fits
        return db

    with monkeypatch.context() as patch:
        patch.setattr(ledger.sqlite3, "connect", connect_small)
        with pytest.raises(DiskFull, match=r"ledger\.sqlite"):
            ledger.end_run(paths, "run-1", "failed", message="x" * 100_000)
    assert ledger.last_runs(paths)[0].outcome == "running"
    ledger.end_run(paths, "run-1", "failed", message="x" * 100_000)
