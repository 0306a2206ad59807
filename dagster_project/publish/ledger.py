"""What ran, what was published and how it scored: tables of the company's SQLite ledger.

Every function is one short transaction on its own connection, so that a killed process leaves whole rows or none. Times
are UTC. Every function raises `LedgerError` if the file cannot be read or written, `DiskFull` if there is no space.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass
from datetime import date, datetime
from typing import Any, Literal, cast, get_args

from dagster_project.publish._files import utc
from dagster_project.publish.errors import DiskFull, LedgerError
from dagster_project.publish.lock import holding
from dagster_project.settings import CompanyPaths

Outcome = Literal["running", "published", "unchanged", "failed", "refused", "crashed"]
"""published: a new generation. unchanged: the same as the current one, which stays. failed: stopped by an error.
refused: judged not good enough, or another run was busy. crashed: ended without a word (killed, power cut)."""

OVERALL = "overall"
"""The `dimension` of the overall score in `scores`."""

CRASHED = "ended without a word: killed, or the power went"

_WAIT_SECONDS = 30

_TABLES = f"""
create table if not exists runs (
    run_id text not null primary key,
    started_at text not null,
    ended_at text,
    outcome text not null check (outcome in {get_args(Outcome)!r}),
    as_of text,
    message text not null default '',
    generation integer
);
create table if not exists generations (
    number integer not null primary key,
    build_id text not null,
    as_of text not null,
    published_at text,
    marts_sha256 text not null,
    manifest_sha256 text not null,
    deliveries text not null
);
create table if not exists scores (
    generation integer not null,
    dimension text not null,
    score real,
    primary key (generation, dimension)
);
create table if not exists score_parts (
    generation integer not null,
    level text not null,
    code text not null,
    score real,
    low real,
    high real,
    value real,
    weight real,
    primary key (generation, level, code)
);
create table if not exists pins (
    number integer not null,
    pinned_at text not null,
    cleared_at text
);
"""


@dataclass(frozen=True)
class Run:
    run_id: str
    started_at: datetime
    ended_at: datetime | None
    outcome: Outcome
    as_of: date | None
    message: str
    generation: int | None


@dataclass(frozen=True)
class GenerationRow:
    """`published_at` is None from just before a generation appears until `current` points to it."""

    number: int
    build_id: str
    as_of: date
    published_at: datetime | None
    marts_sha256: str
    manifest_sha256: str
    deliveries: tuple[str, ...]


@dataclass(frozen=True)
class ScorePoint:
    """One score of one published generation; `score` is None where it was not assessed."""

    generation: int
    published_at: datetime
    as_of: date
    dimension: str
    score: float | None


@dataclass(frozen=True)
class ScorePart:
    """One figure a published score was made of. `level`: total, dimension or indicator; `low` and `high` its interval;
    `value` the indicator's figure; `weight` its share of the total."""

    level: str
    code: str
    score: float | None
    low: float | None
    high: float | None
    value: float | None
    weight: float | None


@dataclass(frozen=True)
class PastPart:
    """A part of a published generation."""

    generation: int
    published_at: datetime
    as_of: date
    part: ScorePart


# Runs


def begin_run(
    paths: CompanyPaths, run_id: str, *, as_of: date | None = None, now: datetime | None = None
) -> tuple[str, ...]:
    """Record that a run started; return the runs found to have crashed, which are now marked so.

    Call it while holding `company_lock` and hold that until `end_run`: a run that is "running" while another holds the
    company can only have died. Takes the lock for a moment if this process does not hold it, and raises `CompanyBusy`
    if it cannot.
    """
    at = utc(now).isoformat()
    with holding(paths, f"run {run_id}"), _writing(paths) as db:
        others = "select run_id from runs where outcome = 'running' and run_id <> ?"
        dead = tuple(row[0] for row in db.execute(others, [run_id]).fetchall())
        db.executemany(
            "update runs set outcome = 'crashed', ended_at = ?, message = ? where run_id = ?",
            [(at, CRASHED, run) for run in dead],
        )
        db.execute(
            "insert into runs (run_id, started_at, outcome, as_of) values (?, ?, 'running', ?) "
            "on conflict (run_id) do update set outcome = excluded.outcome, ended_at = null, message = '', "
            "as_of = excluded.as_of",
            [run_id, at, _text(as_of)],
        )
    return dead


def end_run(
    paths: CompanyPaths,
    run_id: str,
    outcome: Outcome,
    *,
    message: str = "",
    as_of: date | None = None,
    generation: int | None = None,
    now: datetime | None = None,
) -> None:
    """Record how a run ended. `message` is shown to users: no personal values.

    A run that never began (refused because another one was busy) is recorded whole.
    """
    if outcome == "running":
        raise ValueError("a run does not end as running")
    at = utc(now).isoformat()
    with _writing(paths) as db:
        db.execute(
            "insert into runs (run_id, started_at, ended_at, outcome, as_of, message, generation) "
            "values (?, ?, ?, ?, ?, ?, ?) on conflict (run_id) do update set ended_at = excluded.ended_at, "
            "outcome = excluded.outcome, as_of = coalesce(excluded.as_of, as_of), message = excluded.message, "
            "generation = excluded.generation",
            [run_id, at, at, outcome, _text(as_of), message, generation],
        )


def last_runs(paths: CompanyPaths, limit: int = 10) -> list[Run]:
    """The newest runs, newest first."""
    with _reading(paths) as db:
        rows = _rows(
            db,
            "runs",
            "select run_id, started_at, ended_at, outcome, as_of, message, generation from runs "
            "order by started_at desc, rowid desc limit ?",
            [limit],
        )
    return [
        Run(
            run_id, datetime.fromisoformat(started), _time(ended), cast(Outcome, outcome), _date(as_of), message, number
        )
        for run_id, started, ended, outcome, as_of, message, number in rows
    ]


# Generations


def prepare_generation(
    paths: CompanyPaths, row: GenerationRow, scores: Mapping[str, float | None], parts: Sequence[ScorePart] = ()
) -> None:
    """Record a generation that is about to appear, with its scores; none counts until it is published."""
    with _writing(paths) as db:
        db.execute(
            "insert or replace into generations values (?, ?, ?, ?, ?, ?, ?)",
            [
                row.number,
                row.build_id,
                row.as_of.isoformat(),
                _text(row.published_at),
                row.marts_sha256,
                row.manifest_sha256,
                json.dumps(row.deliveries, ensure_ascii=False),
            ],
        )
        _put_scores(db, row.number, scores)
        db.executemany(
            "insert or replace into score_parts values (?, ?, ?, ?, ?, ?, ?, ?)",
            [(row.number, *astuple(part)) for part in parts],
        )


def confirm_generation(paths: CompanyPaths, number: int, published_at: datetime) -> None:
    """Record that `current` points to a prepared generation."""
    with _writing(paths) as db:
        db.execute(
            "update generations set published_at = coalesce(published_at, ?) where number = ?",
            [utc(published_at).isoformat(), number],
        )


def record_scores(paths: CompanyPaths, generation: int, scores: Mapping[str, float | None]) -> None:
    """Replace scores of a generation: dimension code (or `OVERALL`) -> score, None if not assessed.

    `generations.publish` already records those it is given.
    """
    with _writing(paths) as db:
        _put_scores(db, generation, scores)


def generation_rows(paths: CompanyPaths) -> list[GenerationRow]:
    """Every generation ever prepared, oldest first; pruned ones stay here."""
    with _reading(paths) as db:
        rows = _rows(
            db,
            "generations",
            "select number, build_id, as_of, published_at, marts_sha256, manifest_sha256, deliveries "
            "from generations order by number",
        )
    return [
        GenerationRow(
            number,
            build_id,
            date.fromisoformat(as_of),
            _time(published),
            marts,
            manifest,
            tuple(json.loads(deliveries)),
        )
        for number, build_id, as_of, published, marts, manifest, deliveries in rows
    ]


def score_history(paths: CompanyPaths) -> list[ScorePoint]:
    """Scores of every published generation, oldest first."""
    with _reading(paths) as db:
        rows = _rows(
            db,
            "scores",
            "select g.number, g.published_at, g.as_of, s.dimension, s.score from scores as s "
            "inner join generations as g on g.number = s.generation where g.published_at is not null "
            "order by g.number, s.dimension",
        )
    return [
        ScorePoint(number, datetime.fromisoformat(published), date.fromisoformat(as_of), dimension, score)
        for number, published, as_of, dimension, score in rows
    ]


def past_parts(paths: CompanyPaths) -> list[PastPart]:
    """What the score of every published generation was made of, oldest first."""
    with _reading(paths) as db:
        rows = _rows(
            db,
            "score_parts",
            "select g.number, g.published_at, g.as_of, p.level, p.code, p.score, p.low, p.high, p.value, p.weight "
            "from score_parts as p inner join generations as g on g.number = p.generation "
            "where g.published_at is not null order by g.number, p.level, p.code",
        )
    return [
        PastPart(number, datetime.fromisoformat(published), date.fromisoformat(as_of), ScorePart(*part))
        for number, published, as_of, *part in rows
    ]


# Pins


def pin(paths: CompanyPaths, number: int, *, now: datetime | None = None) -> None:
    """Pin one generation; earlier pins end."""
    at = utc(now).isoformat()
    with _writing(paths) as db:
        db.execute("update pins set cleared_at = ? where cleared_at is null", [at])
        db.execute("insert into pins (number, pinned_at) values (?, ?)", [number, at])


def clear_pins(paths: CompanyPaths, *, now: datetime | None = None) -> tuple[int, ...]:
    """End every pin; return the generations that were pinned."""
    was = pinned(paths)
    if was:
        with _writing(paths) as db:
            db.execute("update pins set cleared_at = ? where cleared_at is null", [utc(now).isoformat()])
    return was


def pinned(paths: CompanyPaths) -> tuple[int, ...]:
    with _reading(paths) as db:
        return tuple(
            row[0] for row in _rows(db, "pins", "select distinct number from pins where cleared_at is null order by 1")
        )


# Connections


@contextlib.contextmanager
def _writing(paths: CompanyPaths) -> Iterator[sqlite3.Connection]:
    """One transaction that no other writer overlaps: all of the block's rows or none."""
    paths.root.mkdir(parents=True, exist_ok=True)
    with _said_plainly(paths), contextlib.closing(sqlite3.connect(paths.ledger, timeout=_WAIT_SECONDS)) as db:
        db.isolation_level = None
        # Also sync the folder when the journal goes, so that what was committed outlives a power cut.
        db.execute("pragma synchronous = extra")
        db.execute("pragma fullfsync = on")
        db.execute("begin immediate")
        try:
            for statement in _TABLES.split(";\n"):
                db.execute(statement)
            yield db
            db.execute("commit")
        except BaseException:
            if db.in_transaction:
                db.execute("rollback")
            raise


@contextlib.contextmanager
def _reading(paths: CompanyPaths) -> Iterator[sqlite3.Connection | None]:
    """A connection, or None if there is no ledger yet. Looking never makes one."""
    if not paths.ledger.is_file():
        yield None
        return
    # Not `mode=ro`: after a kill, the first to open the file has to roll the journal back.
    uri = f"{paths.ledger.resolve().as_uri()}?mode=rw"
    with _said_plainly(paths), contextlib.closing(sqlite3.connect(uri, uri=True, timeout=_WAIT_SECONDS)) as db:
        yield db


def _rows(db: sqlite3.Connection | None, table: str, query: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    if db is None or not db.execute("select 1 from sqlite_master where name = ?", [table]).fetchall():
        return []
    return db.execute(query, values).fetchall()


@contextlib.contextmanager
def _said_plainly(paths: CompanyPaths) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL:
            message = f"The disk is full: {paths.ledger} cannot be written. Free some space and run again."
            raise DiskFull(message) from error
        raise LedgerError(
            f"{paths.ledger} cannot be used: {error}. If it is damaged, put back a copy; if none is left, move it "
            "away: published generations are read back from their folders at the next run."
        ) from error


def _put_scores(db: sqlite3.Connection, generation: int, scores: Mapping[str, float | None]) -> None:
    db.executemany(
        "insert or replace into scores (generation, dimension, score) values (?, ?, ?)",
        [(generation, dimension, score) for dimension, score in scores.items()],
    )


def _text(value: date | datetime | None) -> str | None:
    return value.isoformat() if value is not None else None


def _time(value: str | None) -> datetime | None:
    return datetime.fromisoformat(value) if value is not None else None


def _date(value: str | None) -> date | None:
    return date.fromisoformat(value) if value is not None else None
