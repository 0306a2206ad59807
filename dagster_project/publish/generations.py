"""Published generations: immutable numbered folders, and the one symlink that says which of them is read.

`generations/000007/` holds `marts.duckdb`, `reports/` and `MANIFEST.json`; `current -> generations/000007`. A
generation is filled aside, made durable, renamed to its number, and only then switched to, so that a reader finds the
old one or the new one, whole. What a killed run leaves is finished or removed by the next `publish` or `rollback`.
"""

from __future__ import annotations

import contextlib
import math
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from pathlib import Path

import duckdb

from dagster_project.publish import _files, ledger
from dagster_project.publish.checksums import Checksum, relation_checksums, wal
from dagster_project.publish.errors import NotPublishable, PublishError, os_errors_as
from dagster_project.publish.ledger import OVERALL, GenerationRow, Run, ScorePart
from dagster_project.publish.lock import Holder, current_holder, holding
from dagster_project.publish.scores import read_parts
from dagster_project.publish.verdict import AGAIN, Verdict, differences, read_verdict, require_verdict
from dagster_project.settings import CompanyPaths

KEEP = 5
MARTS = "marts.duckdb"
REPORTS = "reports"
MANIFEST = "MANIFEST.json"
TELLS_OF_EARLIER = frozenset({"score.fct_score_history", "score.fct_strategy_links"})
"""What tells of earlier generations, so it differs between two builds of the same input."""

_WRITE_BITS = 0o222
_NUMBER = re.compile(r"\d{6,}")
_TARGET = re.compile(r"generations/(\d{6,})/?")


@dataclass(frozen=True)
class Sealed:
    """One published file, by the manifest."""

    sha256: str
    bytes: int


@dataclass(frozen=True)
class Generation:
    """One published generation. `scores` are by dimension code, None where not assessed; `files` are by path in its
    folder. From `publish`, `unchanged` says that it was there before; from `publish` and `rollback`, `notes` are
    sentences for the user."""

    number: int
    path: Path
    build_id: str
    run_id: str
    as_of: date
    built_at: datetime
    published_at: datetime
    deliveries: tuple[str, ...]
    scores: Mapping[str, float | None]
    warnings: tuple[str, ...]
    checks: int
    files: Mapping[str, Sealed]
    relations: Mapping[str, Checksum]
    unchanged: bool = False
    notes: tuple[str, ...] = ()

    @property
    def marts(self) -> Path:
        return self.path / MARTS

    @property
    def reports(self) -> Path:
        return self.path / REPORTS

    @property
    def score(self) -> float | None:
        """The overall score, 0 to 100, or None if it was not assessed."""
        return self.scores.get(OVERALL)


@dataclass(frozen=True)
class CompanyStatus:
    """Where a company stands. `damage` is about `generation`; `fell_short` is what the last build that was judged was
    found wanting in, whether that held it back or not; `verdict` is that build's, None if none was judged since."""

    company: str
    generation: Generation | None
    is_pinned: bool
    damage: tuple[str, ...]
    verdict: Verdict | None
    fell_short: tuple[str, ...]
    last_run: Run | None
    holder: Holder | None

    @property
    def as_of(self) -> date | None:
        return self.generation.as_of if self.generation else None

    @property
    def deliveries(self) -> tuple[str, ...]:
        return self.generation.deliveries if self.generation else ()


def publish(
    paths: CompanyPaths,
    *,
    deliveries: Sequence[str] = (),
    scores: Mapping[str, float | None] | None = None,
    parts: Sequence[ScorePart] = (),
    keep: int = KEEP,
    now: datetime | None = None,
) -> Generation:
    """Make the judged candidate the current generation, end any pin, and prune to the newest `keep`.

    If the current generation is sound, of the same build id and the same rows (score history aside), it stays and comes
    back `unchanged`. `scores` (dimension code or `OVERALL` -> score, None if not assessed) and `parts` go into the
    score history.

    Raises `NotPublishable`, `DiskFull`, `LedgerError`, `CompanyBusy` or another `PublishError`; `current` is then as it
    was.
    """
    company = paths.root.name
    scores = dict(scores or {})
    not_numbers = sorted(name for name, score in scores.items() if score is not None and not math.isfinite(score))
    if not_numbers:
        raise NotPublishable(f"{company}: the score of {', '.join(not_numbers)} is not a number. {AGAIN}")
    with holding(paths, "publishing"), os_errors_as(f"Publishing {company}"):
        notes = _settle(paths)
        verdict = require_verdict(paths)
        current = current_generation(paths)
        if current is not None and _is_same(current, verdict) and not verify(paths):
            notes.append(f"Unchanged: the same input gives the same marts; generation {current.number} stays.")
            new = replace(current, unchanged=True)
        else:
            new = _add(paths, verdict, tuple(deliveries), scores, parts, _files.utc(now), notes)
        notes += _tidy(paths, new.number, keep)
    return replace(new, notes=tuple(notes))


def rollback(paths: CompanyPaths, to: int | None = None, *, now: datetime | None = None) -> Generation:
    """Switch back to generation `to`, or to the newest sound one before the current, and pin it.

    The pin keeps it from being pruned until the next publish, which goes on as usual and says so. Raises `PublishError`
    if there is no such generation or it is damaged, `CompanyBusy`, `LedgerError`.
    """
    company = paths.root.name
    with holding(paths, "rolling back"), os_errors_as(f"Rolling back {company}"):
        notes = _settle(paths)
        generation = _sound_generation(paths, to) if to is not None else _one_before(paths)
        _switch(paths, generation.number)
        try:
            ledger.pin(paths, generation.number, now=now)
        except PublishError as error:
            notes.append(f"Switched back, but not pinned: {error}")
    return replace(generation, notes=tuple(notes))


def verify(paths: CompanyPaths, number: int | None = None) -> tuple[str, ...]:
    """What is damaged in a generation (the current one by default), in words; empty if sound. Re-hashes every file.

    Permission bits do not bind the root user, so what was written through them is found here, by content.
    """
    if number is None:
        number = _current_number(paths)
        if number is None:
            return ("nothing is published",)
    folder = _folder(paths, number)
    if not folder.is_dir():
        return (f"generation {number} is missing: {folder} is not there",)
    generation = read_generation(paths, number)
    if generation is None:
        return (f"{MANIFEST} of generation {number} is missing or damaged",)
    damage = []
    row = next((row for row in ledger.generation_rows(paths) if row.number == number), None)
    if row is not None and row.manifest_sha256 != _files.sha256(folder / MANIFEST):
        damage.append(f"{MANIFEST} is not the one that was published")
    if folder.stat().st_mode & _WRITE_BITS:
        damage.append("the folder can be written to")
    try:
        found = set(_files.regular_files(folder)) - {MANIFEST}
    except NotPublishable as error:
        return (*damage, str(error))
    # A reader who is root spills into the folder while it reads; that is none of our data.
    names = {name for name in found | generation.files.keys() if not name.startswith(f"{MARTS}.tmp/")}
    for name in sorted(names):
        damage += _file_damage(folder / name, generation.files.get(name), name)
    return tuple(damage)


def status(paths: CompanyPaths) -> CompanyStatus:
    """Look at everything, change nothing. Works during a run."""
    number = _current_number(paths)
    generation = read_generation(paths, number) if number is not None else None
    if number is not None:
        damage = verify(paths, number)
    elif os.path.lexists(paths.current):
        damage = (f"{paths.current} is not a link to a generation",)
    else:
        damage = ()
    holder = current_holder(paths)
    last_run = next(iter(ledger.last_runs(paths, 1)), None)
    if last_run is not None and last_run.outcome == "running" and holder is None:
        last_run = replace(last_run, outcome="crashed", message=ledger.CRASHED)
    verdict = read_verdict(paths)
    judged = verdict.failures + verdict.warnings if verdict is not None else None
    published = generation.warnings if generation is not None else ()
    return CompanyStatus(
        company=paths.root.name,
        generation=generation,
        is_pinned=number is not None and number in ledger.pinned(paths),
        damage=damage,
        verdict=verdict,
        fell_short=judged if judged is not None else published,
        last_run=last_run,
        holder=holder,
    )


def current_generation(paths: CompanyPaths) -> Generation | None:
    """The generation that readers see, or None if nothing (readable) is published."""
    number = _current_number(paths)
    return read_generation(paths, number) if number is not None else None


def generation_numbers(paths: CompanyPaths) -> list[int]:
    """Numbers of the generations on disk, oldest first."""
    if not paths.generations.is_dir():
        return []
    return sorted(int(path.name) for path in paths.generations.iterdir() if _NUMBER.fullmatch(path.name))


def read_generation(paths: CompanyPaths, number: int) -> Generation | None:
    """A generation by its manifest, or None if it or its manifest is not there or not readable."""
    folder = _folder(paths, number)
    content = _files.read_json(folder / MANIFEST)
    if content is None:
        return None
    try:
        files = {name: Sealed(**sealed) for name, sealed in content["files"].items()}
        if content["generation"] != number or MARTS not in files:
            return None
        return Generation(
            number=number,
            path=folder,
            build_id=content["build_id"],
            run_id=content["run_id"],
            as_of=date.fromisoformat(content["as_of"]),
            built_at=datetime.fromisoformat(content["built_at"]),
            published_at=datetime.fromisoformat(content["published_at"]),
            deliveries=tuple(content["deliveries"]),
            scores=dict(content["scores"]),
            warnings=tuple(content["warnings"]),
            checks=content["checks"],
            files=files,
            relations={name: Checksum(**checksum) for name, checksum in content["relations"].items()},
        )
    except (AttributeError, KeyError, TypeError, ValueError):
        return None


def _sound_generation(paths: CompanyPaths, number: int) -> Generation:
    generation = read_generation(paths, number)
    if number not in generation_numbers(paths):
        known = ", ".join(map(str, generation_numbers(paths))) or "none"
        raise PublishError(f"{paths.root.name} has no generation {number}; there are: {known}.")
    damage = verify(paths, number)
    if damage or generation is None:
        raise PublishError(f"Generation {number} of {paths.root.name} is damaged, so it stays out: {damage[0]}.")
    return generation


def _one_before(paths: CompanyPaths) -> Generation:
    """The newest sound generation before the current one; the newest of all if none is current."""
    current = _current_number(paths)
    for number in reversed(generation_numbers(paths)):
        if current is None or number < current:
            generation = read_generation(paths, number)
            if generation is not None and not verify(paths, number):
                return generation
    raise PublishError(f"{paths.root.name} has no sound generation before the current one to roll back to.")


def _file_damage(path: Path, sealed: Sealed | None, name: str) -> list[str]:
    if sealed is None:
        return [f"{name} was not published"]
    if not path.is_file():
        return [f"{name} is missing"]
    damage = []
    if path.stat().st_mode & _WRITE_BITS:
        damage.append(f"{name} can be written to")
    if (size := path.stat().st_size) != sealed.bytes:
        damage.append(f"{name} has {size:,} bytes instead of {sealed.bytes:,}")
    elif _files.sha256(path) != sealed.sha256:
        damage.append(f"{name} has other content than was published")
    return damage


def _add(
    paths: CompanyPaths,
    verdict: Verdict,
    deliveries: tuple[str, ...],
    scores: Mapping[str, float | None],
    parts: Sequence[ScorePart],
    now: datetime,
    notes: list[str],
) -> Generation:
    """Copy, seal, rename, switch, in this order. Whatever fails before the switch leaves nothing behind."""
    if os.path.lexists(paths.current) and not paths.current.is_symlink():
        raise PublishError(f"{paths.current} should be a link to a generation. Move it away and run again.")
    number = next_number(paths)
    aside, folder = paths.generations / f".{number:06d}.tmp", _folder(paths, number)
    try:
        _fill(paths, aside, verdict, number, deliveries, scores, now)
        row = GenerationRow(
            number=number,
            build_id=verdict.build_id,
            as_of=verdict.as_of,
            published_at=None,
            marts_sha256=_files.sha256(aside / MARTS),
            manifest_sha256=_files.sha256(aside / MANIFEST),
            deliveries=deliveries,
        )
        ledger.prepare_generation(paths, row, scores, parts)
        aside.rename(folder)
        # Only now: some systems do not rename a folder that cannot be written to.
        folder.chmod(0o555)
        _files.fsync(paths.generations)
        _switch(paths, number)
    except BaseException:
        if _current_number(paths) != number:
            # What cannot be removed now, the next run removes.
            with contextlib.suppress(OSError):
                _files.remove_tree(aside)
                _files.remove_tree(folder)
        raise
    try:
        ledger.confirm_generation(paths, number, now)
    except PublishError as error:
        notes.append(f"Published; the next run records it in the ledger: {error}")
    generation = read_generation(paths, number)
    if generation is None:
        raise PublishError(f"Generation {number} of {paths.root.name} was published and then damaged. {AGAIN}")
    return generation


def _fill(
    paths: CompanyPaths,
    aside: Path,
    verdict: Verdict,
    number: int,
    deliveries: tuple[str, ...],
    scores: Mapping[str, float | None],
    now: datetime,
) -> None:
    """Copy marts and reports into `aside`, check the copies against the verdict, and seal them with a manifest."""
    aside.mkdir(parents=True)
    _files.copy(paths.candidate_db, aside / MARTS)
    for name in verdict.reports:
        target = aside / REPORTS / name
        target.parent.mkdir(parents=True, exist_ok=True)
        _files.copy(paths.candidate_reports / name, target)
    # The copy is what will be read, so the copy is what has to match; this also reads all of it once.
    reports = {name: _files.sha256(aside / REPORTS / name) for name in _files.regular_files(aside / REPORTS)}
    changed = differences(verdict, relation_checksums(aside / MARTS), reports)
    if changed or wal(aside / MARTS).exists():
        raise NotPublishable(f"{paths.root.name}: the copy is not what was judged ({'; '.join(changed[:5])}). {AGAIN}")
    files = {name: aside / name for name in _files.regular_files(aside)}
    _files.write_json(
        aside / MANIFEST,
        {
            "format": 1,
            "company": paths.root.name,
            "generation": number,
            "build_id": verdict.build_id,
            "run_id": verdict.run_id,
            "as_of": verdict.as_of.isoformat(),
            "built_at": verdict.started_at.isoformat(),
            "published_at": now.isoformat(),
            "deliveries": deliveries,
            "scores": scores,
            "checks": verdict.checks,
            "warnings": verdict.warnings,
            "duckdb_version": duckdb.__version__,
            "files": {name: asdict(Sealed(_files.sha256(p), p.stat().st_size)) for name, p in files.items()},
            "relations": {name: asdict(checksum) for name, checksum in verdict.relations.items()},
        },
    )
    for path in sorted(aside.rglob("*"), reverse=True):
        path.chmod(0o555 if path.is_dir() else 0o444)
        _files.fsync(path)
    _files.fsync(aside)


def _switch(paths: CompanyPaths, number: int) -> None:
    """Point `current` at a generation: one rename, so that there is no moment without one."""
    link = paths.root / f".current.{os.getpid()}.tmp"
    link.unlink(missing_ok=True)
    try:
        # Relative, so that the warehouse can be moved.
        link.symlink_to(_folder(paths, number).relative_to(paths.root))
        link.replace(paths.current)
    except OSError:
        link.unlink(missing_ok=True)
        raise
    # It is switched; the worst a power cut could do now is to undo that.
    with contextlib.suppress(OSError):
        _files.fsync(paths.root)


def _settle(paths: CompanyPaths) -> list[str]:
    """Finish or undo what a killed run left, so that disk and ledger agree. Returns notes for the user."""
    _remove_half_made(paths)
    notes = []
    current = _current_number(paths)
    rows = {row.number: row for row in ledger.generation_rows(paths)}
    for number in generation_numbers(paths):
        row, generation = rows.get(number), read_generation(paths, number)
        if row is None and generation is not None:
            # The ledger was lost; the manifests know.
            folder = generation.path
            recovered = GenerationRow(
                number=number,
                build_id=generation.build_id,
                as_of=generation.as_of,
                published_at=generation.published_at,
                marts_sha256=_files.sha256(folder / MARTS),
                manifest_sha256=_files.sha256(folder / MANIFEST),
                deliveries=generation.deliveries,
            )
            ledger.prepare_generation(paths, recovered, generation.scores, _parts_of(folder / MARTS))
            notes.append(f"Generation {number} was not in the ledger and was read back from its manifest.")
        elif row is not None and row.published_at is None:
            if number == current:
                at = generation.published_at if generation is not None else _files.utc(None)
                ledger.confirm_generation(paths, number, at)
            else:
                # Killed between the rename and the switch: nobody has seen it.
                _remove_generation(paths, number)
    return notes


def _tidy(paths: CompanyPaths, number: int, keep: int) -> list[str]:
    """End pins and prune, once `number` is current. Failing at it is a note: the new generation is already read."""
    notes = []
    try:
        notes += [
            f"Generation {was} had been rolled back to; its pin is cleared and generation {number} is current."
            for was in ledger.clear_pins(paths)
        ]
        prune(paths, keep)
    except (PublishError, OSError) as error:
        notes.append(f"Published, but not tidied up; the next run does that: {error}")
    return notes


def prune(paths: CompanyPaths, keep: int = KEEP) -> tuple[int, ...]:
    """Remove all but the newest `keep` generations, never the current or a pinned one; return what went.

    A reader who has an old one open keeps reading it until it closes the file. Raises `CompanyBusy`, `LedgerError`,
    `OSError`.
    """
    with holding(paths, "pruning"):
        kept = {*generation_numbers(paths)[-max(keep, 1) :], *ledger.pinned(paths), _current_number(paths)}
        gone = tuple(number for number in generation_numbers(paths) if number not in kept)
        for number in gone:
            _remove_generation(paths, number)
    return gone


def forget(paths: CompanyPaths, numbers: Sequence[int]) -> tuple[int, ...]:
    """Remove these generations for good, whatever `KEEP` says, but never the current one; return what went.

    For people who asked to be forgotten: a rollback to a generation that holds them would publish them again.
    """
    with holding(paths, "forgetting"):
        gone = tuple(n for n in numbers if n in generation_numbers(paths) and n != _current_number(paths))
        for number in gone:
            _remove_generation(paths, number)
    return gone


def _remove_generation(paths: CompanyPaths, number: int) -> None:
    """Rename first: a generation with its number on it is never half there."""
    folder = _folder(paths, number)
    doomed = folder.with_name(f".{number:06d}.del")
    folder.chmod(0o755)  # some systems do not rename a folder that cannot be written to
    folder.rename(doomed)
    _files.remove_tree(doomed)


def _remove_half_made(paths: CompanyPaths) -> None:
    if paths.generations.is_dir():
        for pattern in (".*.tmp", ".*.del"):
            for path in paths.generations.glob(pattern):
                _files.remove_tree(path)
    for path in paths.root.glob(".current.*.tmp"):
        path.unlink(missing_ok=True)


def _is_same(current: Generation, verdict: Verdict) -> bool:
    def of_this_build(relations: Mapping[str, Checksum]) -> dict[str, Checksum]:
        return {name: checksum for name, checksum in relations.items() if name not in TELLS_OF_EARLIER}

    return current.build_id == verdict.build_id and of_this_build(current.relations) == of_this_build(verdict.relations)


def next_number(paths: CompanyPaths) -> int:
    """The number a generation published now would get."""
    return max([0, *generation_numbers(paths), *(row.number for row in ledger.generation_rows(paths))]) + 1


def _parts_of(marts: Path) -> list[ScorePart]:
    """What the score in a published file was made of; nothing where the file is older than the score's parts."""
    try:
        return read_parts(marts)
    except duckdb.Error:
        return []


def _current_number(paths: CompanyPaths) -> int | None:
    """What `current` points to, whether that is there or not; None if `current` is not such a link."""
    try:
        target = _TARGET.fullmatch(str(paths.current.readlink()))
    except OSError:
        return None
    return int(target.group(1)) if target else None


def _folder(paths: CompanyPaths, number: int) -> Path:
    return paths.generations / f"{number:06d}"
