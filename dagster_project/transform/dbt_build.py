"""dbt, in this process: nodes of one company built and tested, what became of each, and failures in words.

A dbt process costs several seconds before it does anything, and a refresh needs three builds. Here dbt is imported and
its manifest read once.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from itertools import dropwhile, takewhile
from time import monotonic
from typing import Any

from dagster_project.companies import BookworthError
from dagster_project.settings import DBT_PROJECT_DIR, CompanyPaths
from dagster_project.transform.model_facts import BuiltModel, reading
from dagster_project.transform.row_tests import RowTest, ask, row_test

_PROJECT = ("--project-dir", os.fspath(DBT_PROJECT_DIR), "--profiles-dir", os.fspath(DBT_PROJECT_DIR))
_QUIET = ("--quiet", "--no-use-colors", "--no-send-anonymous-usage-stats", "--no-write-json")


@dataclass(frozen=True)
class NodeResult:
    """What became of a model, seed or test. `failures`: rows that break a test.

    `asks` is what a test holds true, in words; `sql` its query, which gives the rows that break it. `model` is what was
    built, of models and seeds.
    """

    unique_id: str
    status: str  # success, pass, warn, error, fail, skipped
    seconds: float
    failures: int | None
    asks: str = ""
    sql: str = ""
    model: BuiltModel | None = None

    @property
    def has_failed(self) -> bool:
        return self.status in ("error", "fail", "runtime error")

    @property
    def name(self) -> str:
        """dbt's own name of the node."""
        return self.unique_id.split(".")[2]


def build_nodes(
    paths: CompanyPaths,
    select: Sequence[str],
    exclude: Sequence[str] = (),
    on_result: Callable[[NodeResult], None] = lambda result: None,
) -> list[NodeResult]:
    """`dbt build` of these nodes and their tests on the company's files; a result for each, failed ones included.

    `select` and `exclude` are dbt's selectors: dbt looks through the whole project for each, so a stage is better
    named by its folders than by its models.

    A test that needs more models than were built waits for a later build. Unit tests hold the logic, not the data: they
    run in CI. Raises `BookworthError` if dbt could not start on the nodes at all.
    """
    row_tests = _project().row_tests
    alone = {test.name for tests in row_tests.values() for test in tests} & set(select)
    named = [name for name in select if name not in alone]
    results = _build(paths, named, exclude, on_result) if named else []
    built = {result.unique_id: result.status == "success" for result in results if result.model is not None}
    asked = {
        model: [test for test in tests if model in built or test.name in alone] for model, tests in row_tests.items()
    }
    for result in _ask(paths, {model: tests for model, tests in asked.items() if tests}, built):
        on_result(result)
        results.append(result)
    return results


def build_models(paths: CompanyPaths, select: Sequence[str], exclude: Sequence[str] = ()) -> None:
    """The models and seeds among these nodes, and no test of them: figures to compare, nothing to be published.

    Raises `BookworthError` with the names of what could not be built.
    """
    failed = failures_in_words(_build(paths, select, [*exclude, "resource_type:test"]))
    if failed:
        raise BookworthError(f"dbt could not build {failed}; see dbt.log in {paths.dbt_target}")


def _build(
    paths: CompanyPaths,
    select: Sequence[str],
    exclude: Sequence[str],
    on_result: Callable[[NodeResult], None] = lambda result: None,
) -> list[NodeResult]:
    """What dbt builds and asks itself."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.artifacts.schemas.run import RunExecutionResult
    from dbt.cli.main import dbtRunner

    target = os.fspath(paths.dbt_target)
    arguments = [
        *_QUIET, "--log-level", "none", "--log-level-file", "info", "build", *_PROJECT,
        "--target-path", target, "--log-path", target,
        "--exclude-resource-type", "unit_test", "--indirect-selection", "buildable", "--select", *select,
        *(("--exclude", *exclude) if exclude else ()),
    ]  # fmt: skip
    with _files_of(paths):
        try:
            done = dbtRunner(manifest=_project().manifest, callbacks=[_each_result(on_result)]).invoke(arguments)
        finally:
            # dbt keeps its connection, and with it the lock on both files, until the process ends.
            DuckDBConnectionManager.close_all_connections()
    if not isinstance(done.result, RunExecutionResult):
        raise BookworthError(f"dbt did not start: {type(done.exception).__name__}; see dbt.log in {paths.dbt_target}")
    return [_node_result(result) for result in done.result.results]


def _ask(
    paths: CompanyPaths, row_tests: Mapping[str, Sequence[RowTest]], built: Mapping[str, bool]
) -> Iterator[NodeResult]:
    """The tests of rows, table by table; those of a table that was not built are skipped, as dbt's own are."""
    with reading(paths) as connection:
        for model, tests in row_tests.items():
            began = monotonic()
            found: dict[str, int] = {}
            if built.get(model, True):
                found = dict(zip((test.name for test in tests), ask(connection, tests), strict=True))
            seconds = (monotonic() - began) / len(tests)
            for test in tests:
                rows = found.get(test.name)
                status = "skipped" if rows is None else "fail" if rows else "pass"
                yield NodeResult(test.unique_id, status, seconds, rows, asks=test.asks, sql=test.sql)


def failures_in_words(results: Sequence[NodeResult]) -> str:
    """The nodes that failed, tests with how many rows broke them. The engine's messages are left out: they may quote
    a value."""
    failed = [result for result in results if result.has_failed]
    return "; ".join(
        f"{result.name} ({result.failures} rows break it)" if result.failures else f"{result.name} ({result.status})"
        for result in failed
    )


@dataclass(frozen=True)
class _Project:
    """What dbt runs, and by model the tests that are asked here instead."""

    manifest: Any
    row_tests: Mapping[str, Sequence[RowTest]]


@cache
def _project() -> _Project:
    """The parsed project. The default profile names the same catalogs as a company's, so one parse serves all."""
    from dbt.cli.main import dbtRunner

    parsed = dbtRunner().invoke([*_QUIET, "parse", *_PROJECT])
    if not parsed.success:
        raise BookworthError(f"the dbt project does not parse: {parsed.exception}")
    manifest: Any = parsed.result
    row_tests: dict[str, list[RowTest]] = {}
    for node in [node for node in manifest.nodes.values() if node.resource_type == "test"]:
        model = manifest.nodes.get(getattr(node, "attached_node", None))
        test = row_test(node, _asks(node), _relation(model)) if model is not None else None
        if test is not None:
            row_tests.setdefault(test.model, []).append(test)
            del manifest.nodes[test.unique_id]
    return _Project(manifest, row_tests)


@contextmanager
def _files_of(paths: CompanyPaths) -> Iterator[None]:
    """What `dbt/profiles.yml` reads: the two files of one company."""
    values = {"BOOKWORTH_WORK_DB": str(paths.work_db), "BOOKWORTH_CANDIDATE_DB": str(paths.candidate_db)}
    _project()
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _each_result(on_result: Callable[[NodeResult], None]) -> Callable[[Any], None]:
    def callback(event: Any) -> None:
        if event.info.name == "NodeFinished":
            node, run = event.data.node_info, event.data.run_result
            failures = run.num_failures if node.resource_type == "test" else None
            on_result(NodeResult(node.unique_id, str(run.status), float(run.execution_time), failures))

    return callback


def _node_result(result: Any) -> NodeResult:
    node = result.node
    is_test = node.resource_type == "test"
    return NodeResult(
        node.unique_id,
        str(result.status),
        float(result.execution_time),
        result.failures,
        asks=_asks(node) if is_test else "",
        sql=(node.compiled_code or "").strip() if is_test else "",
        model=None if is_test else _built_model(node),
    )


def _asks(test: Any) -> str:
    """A test in words: the comment that opens its file, or its kind and columns."""
    if test.description:
        return str(test.description)
    metadata = getattr(test, "test_metadata", None)
    if metadata is None:
        lines = dropwhile(lambda line: not line.startswith("--"), test.raw_code.splitlines())
        comment = takewhile(lambda line: line.startswith("--"), lines)
        return " ".join(line.removeprefix("--").strip() for line in comment)
    named = metadata.kwargs.get("column_name") or ", ".join(metadata.kwargs.get("columns", []))
    values = metadata.kwargs.get("values")
    among = f" is one of {', '.join(map(str, values))}" if values else ""
    return f"{named}{among}" if among else f"{named}: {metadata.name.replace('_', ' ')}"


def _built_model(node: Any) -> BuiltModel:
    manifest = _project().manifest
    parents = [manifest.nodes.get(name) or manifest.sources.get(name) for name in node.depends_on_nodes]
    return BuiltModel(
        unique_id=node.unique_id,
        relation=_relation(node),
        sql=getattr(node, "compiled_code", None) or "",
        parents=[_relation(parent) for parent in parents if parent is not None],
        meta=node.config.meta,
    )


def _relation(node: Any) -> str:
    return f"{node.database}.{node.schema}.{getattr(node, 'identifier', None) or node.alias}"
