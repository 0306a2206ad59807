"""A build's name, and the verdict that is bound to it.

`build/build.json` says what a build is made from, `build/verdict.json` what was found and over exactly which content.
Anything that changed, appeared or went missing since then makes the verdict worthless.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb

from dagster_project.publish import _files
from dagster_project.publish.checksums import Checksum, checkpoint, relation_checksums
from dagster_project.publish.errors import NotPublishable, os_errors_as
from dagster_project.publish.lock import holding
from dagster_project.settings import DBT_PROJECT_DIR, EXPECTATIONS_DIR, PROJECT_ROOT, REFERENCE_DIR, CompanyPaths

AGAIN = "Run the whole refresh."

_CODE_FOLDERS = (PROJECT_ROOT / "dagster_project", DBT_PROJECT_DIR, EXPECTATIONS_DIR, REFERENCE_DIR)
_CODE_SUFFIXES = frozenset({".css", ".csv", ".j2", ".js", ".json", ".py", ".sql", ".yaml", ".yml"})
_NOT_CODE = frozenset({"__pycache__", "dbt_packages", "logs", "target"})
_NAMED_AT_MOST = 5


@dataclass(frozen=True)
class BuildStamp:
    """What a build is made from. `build_id` is a sha256 over all of it except which run it was and when it started, so
    the same input and code have the same id."""

    build_id: str
    as_of: date
    config_sha256: str
    files: Mapping[str, str]
    code_version: str
    run_id: str
    started_at: datetime


@dataclass(frozen=True)
class Verdict:
    """What was found about one build. `relations` and `reports` (path -> sha256) are the content it is about."""

    build_id: str
    run_id: str
    started_at: datetime
    as_of: date
    passed: bool
    failures: tuple[str, ...]
    warnings: tuple[str, ...]
    checks: int
    relations: Mapping[str, Checksum]
    reports: Mapping[str, str]


def code_version(folders: Sequence[Path] = _CODE_FOLDERS) -> str:
    """sha256 over the code, SQL, expectations and reference seeds, and the DuckDB version that runs them."""
    digest = hashlib.sha256(duckdb.__version__.encode())
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            inside = path.relative_to(folder)
            if path.suffix in _CODE_SUFFIXES and _NOT_CODE.isdisjoint(inside.parts) and path.is_file():
                digest.update(f"{folder.name}/{inside.as_posix()}\0{_files.sha256(path)}\0".encode())
    return digest.hexdigest()


def begin_build(
    paths: CompanyPaths,
    *,
    run_id: str,
    as_of: date,
    files: Mapping[str, str],
    code: str | None = None,
    now: datetime | None = None,
) -> BuildStamp:
    """Empty `build/` and write `build.json`: what is there afterwards belongs to this build.

    `files` are the delivered files that go in, as "delivery/file" -> sha256. `code` is `code_version()` unless given.
    Also removes what killed DuckDB processes spilled. Raises `CompanyBusy` if another process holds the company,
    `PublishError` if the folder cannot be emptied.
    """
    stamp = _stamp(paths, run_id, as_of, files, code if code is not None else code_version(), _files.utc(now))
    with holding(paths, f"build {run_id}"), os_errors_as(f"Clearing {paths.build}"):
        # The verdict goes first: a build half cleared by a killed run must not look judged.
        _verdict_file(paths).unlink(missing_ok=True)
        _files.remove_tree(paths.build)
        _files.remove_spill(paths.root)
        paths.candidate_reports.mkdir(parents=True)
        _files.write_json(_build_file(paths), _plain(asdict(stamp)))
    return stamp


def read_stamp(paths: CompanyPaths) -> BuildStamp | None:
    """The build in `build/`, or None if there is none."""
    content = _files.read_json(_build_file(paths))
    if content is None:
        return None
    try:
        return BuildStamp(
            build_id=content["build_id"],
            as_of=date.fromisoformat(content["as_of"]),
            config_sha256=content["config_sha256"],
            files=content["files"],
            code_version=content["code_version"],
            run_id=content["run_id"],
            started_at=datetime.fromisoformat(content["started_at"]),
        )
    except (KeyError, TypeError, ValueError):
        return None


def seal_verdict(
    paths: CompanyPaths,
    *,
    passed: bool,
    checks: int,
    accounting_balances: bool,
    failures: Sequence[str] = (),
    warnings: Sequence[str] = (),
) -> Verdict:
    """Judge the finished candidate and write `verdict.json`, bound to the build and to the content that was judged.

    Fails closed: the verdict passes only if `passed`, there are no `failures`, at least one of the `checks` ran, every
    row is accounted for, and the candidate has readable relations and at least one report. `failures` and `warnings`
    are shown to users: no personal values. Nothing may write to `build/` afterwards. Raises `NotPublishable` if no
    build was begun, `CompanyBusy` if another process holds the company, `DiskFull`.
    """
    with holding(paths, "judging the build"), os_errors_as(f"Judging {paths.root.name}"):
        stamp = read_stamp(paths)
        if stamp is None:
            raise NotPublishable(f"{paths.root.name}: no build was begun, so there is nothing to judge. {AGAIN}")
        found = list(failures)
        if not passed and not found:
            found.append("the build was judged not good enough")
        if checks < 1:
            found.append("no check ran")
        if not accounting_balances:
            found.append("not every delivered row is accounted for")
        relations: dict[str, Checksum] = {}
        reports: dict[str, str] = {}
        try:
            checkpoint(paths.candidate_db)
            relations, reports = _content(paths)
            if not relations:
                found.append("the candidate has no tables")
            if not reports:
                found.append("no report was written")
        except NotPublishable as error:
            found.append(str(error))
        verdict = Verdict(
            build_id=stamp.build_id,
            run_id=stamp.run_id,
            started_at=stamp.started_at,
            as_of=stamp.as_of,
            passed=not found,
            failures=tuple(found),
            warnings=tuple(warnings),
            checks=checks,
            relations=relations,
            reports=reports,
        )
        _files.write_json(_verdict_file(paths), _plain(asdict(verdict)))
    return verdict


def read_verdict(paths: CompanyPaths) -> Verdict | None:
    """The verdict in `build/`, whatever it says and whether it still holds or not; None if there is none."""
    content = _files.read_json(_verdict_file(paths))
    if content is None:
        return None
    try:
        return Verdict(
            build_id=content["build_id"],
            run_id=content["run_id"],
            started_at=datetime.fromisoformat(content["started_at"]),
            as_of=date.fromisoformat(content["as_of"]),
            passed=content["passed"] is True,
            failures=tuple(content["failures"]),
            warnings=tuple(content["warnings"]),
            checks=content["checks"],
            relations={name: Checksum(**checksum) for name, checksum in content["relations"].items()},
            reports=content["reports"],
        )
    except (AttributeError, KeyError, TypeError, ValueError):
        return None


def require_verdict(paths: CompanyPaths) -> Verdict:
    """The verdict in `build/`, if it passed and is about exactly what lies there now; else raise `NotPublishable`."""
    company = paths.root.name
    stamp, verdict = read_stamp(paths), read_verdict(paths)
    if stamp is None:
        raise NotPublishable(f"{company}: nothing has been built. {AGAIN}")
    if verdict is None:
        raise NotPublishable(f"{company}: this build has not been judged. {AGAIN}")
    if not verdict.passed or verdict.failures:
        raise NotPublishable(f"{company}: this build fell short, so nothing was published: {_listed(verdict.failures)}")
    if (verdict.build_id, verdict.run_id, verdict.started_at) != (stamp.build_id, stamp.run_id, stamp.started_at):
        raise NotPublishable(f"{company}: the verdict is about another build. {AGAIN}")
    checkpoint(paths.candidate_db)
    changed = differences(verdict, *_content(paths))
    if changed:
        raise NotPublishable(f"{company}: {_listed(changed)} since it was judged. {AGAIN}")
    return verdict


def differences(verdict: Verdict, relations: Mapping[str, Checksum], reports: Mapping[str, str]) -> list[str]:
    """What is not as it was judged, in words: "customer.fct_orders changed"."""
    return _differences(verdict.relations, relations) + _differences(verdict.reports, reports)


def _differences(judged: Mapping[str, Any], found: Mapping[str, Any]) -> list[str]:
    return [
        f"{name} {'went missing' if name not in found else 'appeared' if name not in judged else 'changed'}"
        for name in sorted(judged.keys() | found.keys())
        if judged.get(name) != found.get(name)
    ]


def _content(paths: CompanyPaths) -> tuple[dict[str, Checksum], dict[str, str]]:
    reports = {
        name: _files.sha256(paths.candidate_reports / name) for name in _files.regular_files(paths.candidate_reports)
    }
    return relation_checksums(paths.candidate_db), reports


def _stamp(
    paths: CompanyPaths, run_id: str, as_of: date, files: Mapping[str, str], code: str, started_at: datetime
) -> BuildStamp:
    with os_errors_as(f"Building {paths.root.name}"):
        config = _files.sha256(paths.config_file)
    stamp = BuildStamp("", as_of, config, dict(sorted(files.items())), code, run_id, started_at)
    identity = {k: v for k, v in _plain(asdict(stamp)).items() if k not in {"build_id", "run_id", "started_at"}}
    identity["company"] = paths.root.name
    return replace(stamp, build_id=hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest())


def _plain(content: dict[str, Any]) -> dict[str, Any]:
    return {key: value.isoformat() if isinstance(value, date) else value for key, value in content.items()}


def _listed(items: Sequence[str]) -> str:
    more = len(items) - _NAMED_AT_MOST
    return "; ".join(items[:_NAMED_AT_MOST]) + (f"; and {more} more" if more > 0 else "")


def _build_file(paths: CompanyPaths) -> Path:
    return paths.build / "build.json"


def _verdict_file(paths: CompanyPaths) -> Path:
    return paths.build / "verdict.json"
