"""Dagster's event log through kept connections: the same events as the default's, in the same files."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from dagster_project.settings import PROJECT_ROOT


@dg.asset(check_specs=[dg.AssetCheckSpec("holds", asset="counted")])
def counted() -> dg.MaterializeResult:
    return dg.MaterializeResult(metadata={"rows": 3}, check_results=[dg.AssetCheckResult(passed=True)])


@pytest.fixture
def instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dg.DagsterInstance]:
    shutil.copy(PROJECT_ROOT / ".dagster_home" / "dagster.yaml", tmp_path)
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    with dg.DagsterInstance.get() as kept:
        yield kept


def _events(instance: dg.DagsterInstance, run_id: str) -> list[str]:
    return [entry.get_dagster_event().event_type_value for entry in instance.all_logs(run_id) if entry.dagster_event]


def test_the_default_reads_what_was_kept(instance: dg.DagsterInstance, tmp_path: Path) -> None:
    """A log in other files, or one never flushed into them, would lose the runs of whoever drops the setting."""
    first, second = dg.materialize([counted], instance=instance), dg.materialize([counted], instance=instance)
    # Back to the first run, whose file was closed when the second opened.
    seen = {result.run_id: _events(instance, result.run_id) for result in (first, second)}
    assert {"ASSET_MATERIALIZATION", "ASSET_CHECK_EVALUATION", "PIPELINE_SUCCESS"} <= set(seen[first.run_id])
    assert seen[first.run_id] == seen[second.run_id]
    (tmp_path / "dagster.yaml").unlink()
    with dg.DagsterInstance.get() as default:
        assert type(default.event_log_storage) is not type(instance.event_log_storage)
        assert {run_id: _events(default, run_id) for run_id in seen} == seen
        newest = default.get_latest_materialization_event(dg.AssetKey("counted"))
        assert newest is not None
        assert newest.run_id == second.run_id


def test_a_log_that_was_wiped_is_written_anew(instance: dg.DagsterInstance) -> None:
    """A connection kept to a deleted file would take every later event with it."""
    dg.materialize([counted], instance=instance)
    instance.event_log_storage.wipe()
    after = dg.materialize([counted], instance=instance)
    assert "PIPELINE_SUCCESS" in _events(instance, after.run_id)
    newest = instance.get_latest_materialization_event(dg.AssetKey("counted"))
    assert newest is not None
    assert newest.run_id == after.run_id


def test_a_company_that_was_removed_is_not_remembered(instance: dg.DagsterInstance) -> None:
    """What is kept of the companies is asked before every run: one that is gone, or new, has to be seen as that."""
    assert not instance.has_dynamic_partition("company", "acme")
    instance.add_dynamic_partitions("company", ["acme"])
    assert instance.has_dynamic_partition("company", "acme")
    instance.delete_dynamic_partition("company", "acme")
    assert not instance.has_dynamic_partition("company", "acme")


def test_an_event_that_cannot_be_written_leaves_the_log_usable(
    instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A transaction left open on the kept connection would swallow every later event of the process."""

    def broken(*_: object) -> None:
        raise OSError("the disk is full")

    with monkeypatch.context() as patch, pytest.raises(OSError, match="full"):
        patch.setattr(instance.event_log_storage, "store_asset_check_event", broken)
        dg.materialize([counted], instance=instance)
    after = dg.materialize([counted], instance=instance)
    assert "PIPELINE_SUCCESS" in _events(instance, after.run_id)
    newest = instance.get_latest_materialization_event(dg.AssetKey("counted"))
    assert newest is not None
    assert newest.run_id == after.run_id
