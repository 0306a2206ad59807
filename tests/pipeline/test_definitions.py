"""What Dagster sees: every asset says what it is, every check exists, schedule and sensor ask for the right runs."""

from __future__ import annotations

import difflib
import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest

from dagster_project.ingest.contract import entities
from dagster_project.quality.verdicts import planned_checks
from tests.pipeline.world import EXAMPLES, World

SNAPSHOT = Path(__file__).with_name("asset_graph.txt")
DBT_BUILDS = {"intermediate", "marts", "indicators", "scores"}
GROUPS = {
    "landing",
    "raw",
    "reference",
    "staging",
    "intermediate",
    "value",
    "marts",
    "quality",
    "score",
    "reports",
    "publish",
}


@pytest.fixture
def inbox(tmp_path: Path) -> Iterator[World]:
    """A world with one company, and the environment pointing at it."""
    world = World.make(tmp_path, EXAMPLES / "anlan_safety")
    with pytest.MonkeyPatch.context() as environment:
        for name, value in world.environment.items():
            environment.setenv(name, value)
        yield world


def _specs(definitions: dg.Definitions) -> list[dg.AssetSpec]:
    return [spec for spec in definitions.resolve_all_asset_specs() if spec.group_name != "default"]


def _check_keys(definitions: dg.Definitions) -> set[dg.AssetCheckKey]:
    return {
        spec.key
        for asset in [*(definitions.assets or []), *(definitions.asset_checks or [])]
        if isinstance(asset, dg.AssetsDefinition)
        for spec in asset.check_specs
    }


def test_every_asset_says_what_it_is(definitions: dg.Definitions) -> None:
    """An asset without an owner or a description is one nobody can be asked about."""
    specs = _specs(definitions)
    assert len(specs) > len(entities())
    lacking = {
        spec.key.to_user_string(): [
            name
            for name, there in {
                "description": bool(spec.description and spec.description.strip()),
                "owners": bool(spec.owners),
                "kinds": bool(spec.kinds),
                "partitions": isinstance(spec.partitions_def, dg.DynamicPartitionsDefinition),
                "group": spec.group_name in GROUPS,
                "code": "dagster/code_references" in spec.metadata,
            }.items()
            if not there
        ]
        for spec in specs
    }
    assert {key: missing for key, missing in lacking.items() if missing} == {}


def test_all_assets_share_the_company_partitions(definitions: dg.Definitions) -> None:
    """An asset without the partition mixes companies; one with another partition never runs with the rest."""
    partitions = [spec.partitions_def for spec in _specs(definitions)]
    names = {p.name for p in partitions if isinstance(p, dg.DynamicPartitionsDefinition)}
    assert names == {"company"}


def test_asset_graph_is_the_one_that_was_reviewed(definitions: dg.Definitions) -> None:
    """An asset that moved group, changed its key or vanished breaks links, automation and people's habits.

    After a change that is meant: BOOKWORTH_ACCEPT=1 pytest tests/pipeline/test_definitions.py, and commit the file.
    """
    found = "".join(
        sorted(f"{spec.group_name:<13} {spec.key.to_user_string()}\n" for spec in definitions.resolve_all_asset_specs())
    )
    if os.environ.get("BOOKWORTH_ACCEPT"):
        SNAPSHOT.write_text(found, encoding="utf-8")
    reviewed = SNAPSHOT.read_text(encoding="utf-8")
    assert found == reviewed, "\n".join(difflib.unified_diff(reviewed.splitlines(), found.splitlines(), lineterm=""))


def test_every_planned_expectation_is_a_check(definitions: dg.Definitions) -> None:
    """A suite that no check stands for is judged by nobody in the UI."""
    keys = _check_keys(definitions)
    for _, relation, dimension, _ in planned_checks():
        assert dg.AssetCheckKey(dg.AssetKey(relation.split(".")), f"expectations_{dimension}") in keys
    assert dg.AssetCheckKey(dg.AssetKey(["raw", "row_accounting"]), "every_row_accounted_for") in keys


def test_checks_that_block_are_the_ones_with_errors(definitions: dg.Definitions) -> None:
    """A check of severity error that does not block lets the build go on to be published."""
    blocking = {
        (spec.asset_key.to_user_string(), spec.name): spec.blocking
        for asset in [*(definitions.assets or []), *(definitions.asset_checks or [])]
        if isinstance(asset, dg.AssetsDefinition)
        for spec in asset.check_specs
    }
    for _, relation, dimension, blocks in planned_checks():
        assert blocking["/".join(relation.split(".")), f"expectations_{dimension}"] is blocks


def test_the_job_takes_every_asset_and_check(definitions: dg.Definitions) -> None:
    """A stage outside the job is a stage the nightly run leaves stale."""
    job = definitions.resolve_job_def("refresh")
    selected = set(job.asset_layer.executable_asset_keys)
    own = {spec.key for spec in _specs(definitions)}
    assert own <= selected
    assert isinstance(job.partitions_def, dg.DynamicPartitionsDefinition)


def _schedule_context(
    definitions: dg.Definitions, instance: dg.DagsterInstance, time: datetime
) -> dg.ScheduleEvaluationContext:
    return dg.build_schedule_context(
        instance=instance, scheduled_execution_time=time, repository_def=definitions.get_repository_def()
    )


def test_the_schedule_asks_for_every_company_once_a_night(definitions: dg.Definitions, inbox: World) -> None:
    """A company added today has to be in tonight's run, and a second tick of the same night must not run it twice."""
    shutil.copytree(EXAMPLES / "jinse_bridal", inbox.companies / "jinse_bridal")
    schedule = definitions.resolve_schedule_def("nightly")
    with inbox.instance() as instance:
        night = datetime(2026, 7, 1, 18, 0, tzinfo=UTC)
        with _schedule_context(definitions, instance, night) as context:
            tick = schedule.evaluate_tick(context)
        requests = tick.run_requests or []
        assert [request.partition_key for request in requests] == ["anlan_safety", "jinse_bridal"]
        assert len({request.run_key for request in requests}) == 2
        assert set(instance.get_dynamic_partitions("company")) == {"anlan_safety", "jinse_bridal"}
        with _schedule_context(definitions, instance, night) as context:
            again = schedule.evaluate_tick(context)
        assert [request.run_key for request in again.run_requests or []] == [request.run_key for request in requests]


def _look(definitions: dg.Definitions, instance: dg.DagsterInstance, cursor: str | None) -> dg.SensorResult:
    """One look of the sensor at the deliveries."""
    sensor = definitions.resolve_sensor_def("deliveries")
    with dg.build_sensor_context(instance=instance, cursor=cursor) as context:
        result = sensor(context)
    assert isinstance(result, dg.SensorResult)
    return result


def _asked(result: dg.SensorResult) -> list[str]:
    return [str(request.partition_key) for request in result.run_requests or []]


def test_a_new_company_gets_a_partition_and_a_run(definitions: dg.Definitions, inbox: World) -> None:
    """Adding a company is a folder, not a code change."""
    with inbox.instance() as instance:
        first = _look(definitions, instance, None)
        assert _asked(first) == []  # seen for the first time: it may still be growing
        assert instance.get_dynamic_partitions("company") == ["anlan_safety"]
        second = _look(definitions, instance, first.cursor)
        assert _asked(second) == ["anlan_safety"]
        shutil.copytree(EXAMPLES / "jinse_bridal", inbox.companies / "jinse_bridal")
        third = _look(definitions, instance, second.cursor)
        assert "jinse_bridal" not in _asked(third)
        assert set(instance.get_dynamic_partitions("company")) == {"anlan_safety", "jinse_bridal"}
        assert "jinse_bridal" in _asked(_look(definitions, instance, third.cursor))


def test_a_company_can_be_picked_before_its_first_run(definitions: dg.Definitions, inbox: World) -> None:
    """In a fresh instance the UI offered no company: its run could not be started there."""
    sensor = definitions.resolve_sensor_def("companies")
    assert sensor.default_status == dg.DefaultSensorStatus.RUNNING
    with inbox.instance() as instance:
        context = dg.build_sensor_context(instance=instance, repository_def=definitions.get_repository_def())
        found = sensor.evaluate_tick(context)
        assert instance.get_dynamic_partitions("company") == ["anlan_safety"]
    assert found.run_requests in (None, [])
    assert "anlan_safety" in (found.skip_message or "")


def test_a_growing_delivery_waits_until_it_is_still(definitions: dg.Definitions, inbox: World) -> None:
    """A file read while it is copied is a delivery with half of its rows."""
    new = inbox.paths("anlan_safety").deliveries / "2026-09-30"
    new.mkdir()
    growing = new / "growing.csv"
    with inbox.instance() as instance:
        look = _look(definitions, instance, None)
        for size in (10, 20, 30):
            growing.write_bytes(b"x" * size)
            look = _look(definitions, instance, look.cursor)
            assert _asked(look) == []
        assert _asked(_look(definitions, instance, look.cursor)) == ["anlan_safety"]


def test_ready_means_ready_at_once(definitions: dg.Definitions, inbox: World) -> None:
    """Whoever writes _READY when done should not wait for a second look."""
    new = inbox.paths("anlan_safety").deliveries / "2026-09-30"
    new.mkdir()
    (new / "orders.csv").write_bytes(b"x")
    (new / "_READY").touch()
    with inbox.instance() as instance:
        assert _asked(_look(definitions, instance, None)) == ["anlan_safety"]


def test_the_same_delivery_keeps_its_run_key(definitions: dg.Definitions, inbox: World) -> None:
    """Dagster drops a request whose key it has seen: without a stable key every look would start a run."""
    with inbox.instance() as instance:
        look = _look(definitions, instance, None)
        keys = []
        for _ in range(2):
            look = _look(definitions, instance, look.cursor)
            keys += [request.run_key for request in look.run_requests or []]
    assert len(keys) == 2
    assert len(set(keys)) == 1


def test_a_failed_refresh_raises_an_alert(
    definitions: dg.Definitions, inbox: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A nightly run that failed is otherwise found by whoever opens the report in the morning."""
    from dagster_project.defs import automation

    (inbox.paths("anlan_safety").deliveries / "2026-06-30" / "ERP销售订单_20260630.csv").write_bytes(b"")
    failed = inbox.bookworth("refresh", "anlan_safety")
    assert failed.code != 0
    sent: list[automation.Alert] = []
    monkeypatch.setattr(automation, "send_alert", lambda url, alert: sent.append(alert))
    monkeypatch.setenv("BOOKWORTH_ALERT_URL", "http://127.0.0.1/hook")
    with inbox.instance() as instance:
        (run,) = instance.get_runs(dg.RunsFilter(job_name="refresh"))
        event = next(
            entry.get_dagster_event()
            for entry in instance.all_logs(run.run_id, of_type=dg.DagsterEventType.PIPELINE_FAILURE)
        )
        context = dg.build_run_status_sensor_context("failures", event, instance, run)
        definitions.resolve_sensor_def("failures")(context.for_run_failure())
    (alert,) = sent
    assert alert.company == "anlan_safety"
    assert "ERP销售订单_20260630.csv" in alert.text
    assert "nothing is published yet" in alert.text


def test_a_company_without_deliveries_is_left_alone(definitions: dg.Definitions, inbox: World) -> None:
    """A folder made a day early would fail every minute."""
    shutil.rmtree(inbox.paths("anlan_safety").deliveries)
    with inbox.instance() as instance:
        first = _look(definitions, instance, None)
        assert _asked(_look(definitions, instance, first.cursor)) == []


def test_every_build_of_dbt_is_one_step(definitions: dg.Definitions) -> None:
    """Two selections that need one another are split in silence, and the halves run before what they need is there."""
    steps = set(definitions.resolve_job_def("refresh").graph.node_dict)
    assert {step for step in steps if step.rstrip("_0123456789") in DBT_BUILDS} == DBT_BUILDS
