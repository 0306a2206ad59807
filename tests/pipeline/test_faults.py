"""What must be survived: the published generation stays, the next run repairs, and somebody is told why in words."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import pytest

from dagster_project.companies import load_company
from dagster_project.ingest.pseudonyms import Pseudonymiser
from dagster_project.publish import ledger
from dagster_project.publish.generations import (
    TELLS_OF_EARLIER,
    CompanyStatus,
    Generation,
    current_generation,
    read_generation,
    status,
    verify,
)
from dagster_project.publish.lock import company_lock
from tests.pipeline.world import Ran, World, failure_words

COMPANY = "anlan_safety"  # the smaller of the two
ORDERS = "ERP销售订单_20260630.csv"
EARLIER = "2026-03-31"
Change = Callable[[list[str], list[list[str]]], tuple[list[str], list[list[str]]]]


@pytest.fixture
def branch(refreshed: World, tmp_path: Path) -> World:
    """The published company, copied to where it can be damaged."""
    return refreshed.branch(tmp_path, COMPANY)


def _rewrite(world: World, delivery: str, name: str, change: Change) -> None:
    """Rewrite a delivered UTF-8 file through `change(header, rows) -> (header, rows)`."""
    file = world.paths(COMPANY).deliveries / delivery / name
    with file.open(encoding="utf-8-sig", newline="") as source:
        header, *rows = list(csv.reader(source))
    header, rows = change(header, rows)
    with file.open("w", encoding="utf-8", newline="") as target:
        csv.writer(target).writerows([header, *rows])


def _newest_run(instance: dg.DagsterInstance) -> dg.DagsterRun:
    return next(iter(instance.get_runs(dg.RunsFilter(tags={"dagster/partition": COMPANY}), limit=1)))


def _assert_refused(world: World, before: dict[str, str], ran: Ran, *words: str) -> None:
    """Nothing published was touched; the shell, the ledger and Dagster's event log all say why."""
    assert ran.code == 1
    assert world.published(COMPANY) == before
    last_run = status(world.paths(COMPANY)).last_run
    assert last_run is not None
    assert last_run.outcome == "failed"
    with world.instance() as instance:
        run = _newest_run(instance)
        assert run.status is dg.DagsterRunStatus.FAILURE
        in_dagster = failure_words(run, instance)
    for word in words:
        assert word in ran.err, ran.err
        assert word in ran.out, ran.out
        assert word in last_run.message, last_run.message
        assert word in in_dagster, in_dagster
    assert "Traceback" not in ran.err


# Damaged deliveries


def test_a_required_column_that_is_gone(branch: World) -> None:
    """An export whose layout changed overnight must not empty the marts; the message has to lead to the fix."""
    before = branch.published(COMPANY)

    def without_order_date(header: list[str], rows: list[list[str]]) -> tuple[list[str], list[list[str]]]:
        gone = header.index("下单日期")
        return [h for i, h in enumerate(header) if i != gone], [r[:gone] + r[gone + 1 :] for r in rows]

    _rewrite(branch, "2026-06-30", ORDERS, without_order_date)
    ran = branch.bookworth("refresh", COMPANY)
    _assert_refused(branch, before, ran, "2026-06-30", ORDERS, "下单日期", "Fix:")


def test_ten_per_cent_of_bad_rows(branch: World) -> None:
    """So many unreadable rows are no typing mistakes: the file is wrong, and quarantining them would hide it."""
    before = branch.published(COMPANY)

    def every_tenth_bad(header: list[str], rows: list[list[str]]) -> tuple[list[str], list[list[str]]]:
        amount = header.index("金额")
        for row in rows[::10]:
            row[amount] = "面议"
        return header, rows

    _rewrite(branch, "2026-06-30", ORDERS, every_tenth_bad)
    ran = branch.bookworth("refresh", COMPANY)
    _assert_refused(branch, before, ran, "2026-06-30", ORDERS, "rows are bad", "gross_amount", "Fix:")
    assert "面议" not in ran.err + ran.out


def test_a_failed_error_check_blocks(branch: World) -> None:
    """Orders of nobody known mean that two systems were exported from different companies."""
    before = branch.published(COMPANY)

    def of_another_company(header: list[str], rows: list[list[str]]) -> tuple[list[str], list[list[str]]]:
        customer = header.index("客户编码")
        for row in rows:
            row[customer] = f"X{row[customer]}"
        return header, rows

    for delivery in (EARLIER, "2026-06-30"):
        _rewrite(branch, delivery, f"ERP销售订单_{delivery.replace('-', '')}.csv", of_another_company)
    ran = branch.bookworth("refresh", COMPANY)
    _assert_refused(branch, before, ran, "orders")
    assert "raw.orders: At least half of the customer ids exist among the customers" in ran.err
    assert "[anlan_safety] intermediate" not in ran.err, "built on raw tables that had been found unfit"
    with branch.instance() as instance:
        failed = [
            entry.get_dagster_event().asset_check_evaluation_data
            for entry in instance.all_logs(
                _newest_run(instance).run_id, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION
            )
        ]
    checks = {(c.asset_key.to_user_string(), c.check_name) for c in failed if not c.passed and c.blocking}
    assert ("raw/orders", "expectations_consistency") in checks


# Overlap, and single assets


def test_a_refresh_while_another_run_holds_the_company(branch: World) -> None:
    """Two runs in one work file corrupt both; the second has to say who is there, and leave the first alone."""
    before = branch.published(COMPANY)
    with company_lock(branch.paths(COMPANY), "the night's run"):
        ran = branch.bookworth("refresh", COMPANY)
    assert ran.code == 1
    assert "busy" in ran.err
    assert "the night's run" in ran.err
    assert "Traceback" not in ran.err
    assert branch.published(COMPANY) == before
    assert ledger.last_runs(branch.paths(COMPANY), 1)[0].outcome == "refused"
    with branch.instance() as instance:
        assert "the night's run" in failure_words(_newest_run(instance), instance)


def test_a_single_asset_can_be_built_again_but_not_published_alone(branch: World) -> None:
    """A mart patched on yesterday's work file is a build that nobody judged as a whole."""
    before = branch.published(COMPANY)
    # The work file has moved on since the build was judged.
    with duckdb.connect(str(branch.paths(COMPANY).work_db)) as connection:
        connection.execute("update evidence.inputs set row_count = row_count + 1 where entity = 'staff'")
    again = branch.materialize(COMPANY, "quality/fct_inputs")
    assert again.success
    (event,) = again.get_asset_materialization_events()
    assert event.partition == COMPANY

    alone = branch.materialize(COMPANY, "publish/generation")
    assert not alone.success
    with branch.instance() as instance:
        assert "quality.fct_inputs changed since it was judged" in failure_words(alone, instance)

    judged_alone = branch.materialize(COMPANY, "publish/verdict", "publish/generation")
    assert not judged_alone.success
    with branch.instance() as instance:
        words = failure_words(judged_alone, instance)
    assert "stage indicators was not done by the build's own run" in words
    assert branch.published(COMPANY) == before


def test_an_asset_without_a_company_is_refused_in_words(branch: World) -> None:
    """Materialising without a partition would have no warehouse to write to."""
    from dagster_project.definitions import defs

    with pytest.MonkeyPatch.context() as environment, branch.instance() as instance:
        for name, value in branch.environment.items():
            environment.setenv(name, value)
        result = (
            defs()
            .resolve_job_def("refresh")
            .execute_in_process(
                instance=instance,
                asset_selection=[dg.AssetKey(["landing", "delivered_files"])],
                raise_on_error=False,
                run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
            )
        )
        assert not result.success
        assert "Pick a company" in failure_words(result, instance)


def test_a_run_that_dies_before_its_first_stage_is_not_explained_by_the_last_one(
    branch: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is not in the ledger yet; once it was reported as "not published. generation 1"."""
    from dagster_project.resources import CompanyRun

    def fail(*_: object) -> None:
        raise RuntimeError("no resources today")

    monkeypatch.setattr(CompanyRun, "setup_for_execution", fail)
    ran = branch.bookworth("refresh", COMPANY)
    assert ran.code == 1
    with branch.instance() as instance:
        assert f"{COMPANY}: not published. see run {_newest_run(instance).run_id}" in ran.err


# Kills, another date, readers, rollback: one history of one warehouse


@dataclass
class History:
    """What was seen after each step."""

    world: World
    before: dict[str, str]
    kills: list[tuple[str, dict[str, str], tuple[str, ...]]] = field(default_factory=list)
    killed_runs: list[str] = field(default_factory=list)
    earlier: Ran | None = None
    earlier_generation: Generation | None = None
    earlier_status: CompanyStatus | None = None
    reader: dict[str, Any] = field(default_factory=dict)
    rollback: Ran | None = None
    rollback_status: CompanyStatus | None = None
    again: Ran | None = None
    again_status: CompanyStatus | None = None


# When to kill: the stage that has begun, and how long it is left to work.
MOMENTS = (("raw", 0.0), ("intermediate", 4.0), ("marts", 3.0))


def _kill(world: World, stage: str, seconds: float) -> None:
    """Start a refresh and kill -9 it, and only it, some seconds into a stage."""
    process = world.start("refresh", COMPANY, "--as-of", EARLIER)
    assert process.stderr is not None
    said = []
    for line in process.stderr:
        said.append(line)
        if line.strip() == f"[{COMPANY}] {stage}":
            break
    else:
        pytest.fail(f"the refresh ended before {stage}: {''.join(said)}")
    time.sleep(seconds)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    process.stderr.close()


@contextmanager
def _reading(marts: Path, stop: Path, seen: dict[str, Any]) -> Iterator[None]:
    """An analyst's process beside the block; what it met ends in `seen`."""
    reader = Path(__file__).with_name("reader.py")
    command = [sys.executable, str(reader), str(marts), str(stop)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield
            time.sleep(0.5)  # long enough to meet what was just published
        finally:
            stop.touch()
            seen.update(json.loads(process.communicate(timeout=60)[0]))


@pytest.fixture(scope="module")
def history(refreshed: World, tmp_path_factory: pytest.TempPathFactory) -> History:
    """Killed three times -> refreshed as of an earlier day, with a reader beside it -> rolled back -> refreshed."""
    folder = tmp_path_factory.mktemp("history")
    world = refreshed.branch(folder, COMPANY)
    paths = world.paths(COMPANY)
    seen = History(world, world.published(COMPANY))
    with world.instance() as instance:
        known = {run.run_id for run in instance.get_runs()}
        for stage, seconds in MOMENTS:
            _kill(world, stage, seconds)
            seen.kills.append((stage, world.published(COMPANY), verify(paths)))
        seen.killed_runs = [run.run_id for run in instance.get_runs() if run.run_id not in known]
    with _reading(paths.current / "marts.duckdb", folder / "stop", seen.reader):
        seen.earlier = world.bookworth("refresh", COMPANY, "--as-of", EARLIER)
    seen.earlier_generation, seen.earlier_status = current_generation(paths), status(paths)
    seen.rollback, seen.rollback_status = world.bookworth("rollback", COMPANY), status(paths)
    seen.again, seen.again_status = world.bookworth("refresh", COMPANY), status(paths)
    return seen


def test_a_kill_at_any_moment_leaves_what_is_published(history: History) -> None:
    """The power goes when it wants to; readers must not notice."""
    assert [stage for stage, _, _ in history.kills] == [stage for stage, _ in MOMENTS]
    for stage, published, damage in history.kills:
        assert published == history.before, stage
        assert damage == (), stage


def test_the_refresh_after_kills_publishes(history: History) -> None:
    """Whatever a killed run left lying about, the next one needs nobody's hand."""
    assert history.earlier is not None
    assert history.earlier.code == 0, history.earlier.err
    assert history.earlier_status is not None
    assert history.earlier_status.damage == ()
    assert history.earlier_status.last_run is not None
    assert history.earlier_status.last_run.outcome == "published"


def test_killed_runs_are_marked_failed(history: History) -> None:
    """A killed run that stays STARTED holds its place in the queue for good, and the UI shows it working."""
    assert len(history.killed_runs) == len(MOMENTS)
    with history.world.instance() as instance:
        found = {run.status for run in instance.get_runs(dg.RunsFilter(run_ids=history.killed_runs))}
        claiming = [dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING]
        assert instance.get_runs(dg.RunsFilter(tags={"dagster/partition": COMPANY}, statuses=claiming)) == []
    assert found == {dg.DagsterRunStatus.FAILURE}
    crashed = [run for run in ledger.last_runs(history.world.paths(COMPANY), 10) if run.outcome == "crashed"]
    assert len(crashed) == len(MOMENTS)


def test_as_of_an_earlier_day_assesses_that_day(history: History) -> None:
    """The same history seen from another day: what had not happened yet must not be in it."""
    generation = history.earlier_generation
    assert generation is not None
    assert (generation.number, str(generation.as_of)) == (2, EARLIER)
    first = read_generation(history.world.paths(COMPANY), 1)
    assert first is not None
    assert first.relations["customer.fct_orders"] != generation.relations["customer.fct_orders"]
    with duckdb.connect(str(generation.marts), read_only=True) as marts:
        newest, as_of = marts.execute(
            "select max(ordered_on), (select max(as_of_date) from score.fct_overall_score) from customer.fct_orders"
        ).fetchall()[0]
    assert str(as_of) == EARLIER
    assert str(newest) <= EARLIER


def test_readers_never_meet_an_error(history: History) -> None:
    """Analysts query while a refresh runs: each read is one whole generation, the old or the new."""
    assert history.reader["errors"] == []
    assert history.reader["reads"] > 50
    assert sorted(row.split(" ")[0] for row in history.reader["seen"]) == [EARLIER, "2026-06-30"]


def test_rollback_switches_back_and_pins(history: History) -> None:
    """Going back is one switch; pruning the generation one went back to would take it away again."""
    assert history.rollback is not None
    assert history.rollback.code == 0, history.rollback.err
    assert "generation 1" in history.rollback.out
    after = history.rollback_status
    assert after is not None
    assert after.generation is not None
    assert after.generation.number == 1
    assert after.is_pinned


def test_the_refresh_after_a_rollback_goes_on_as_usual(history: History) -> None:
    """A pin that outlives the next refresh leaves readers with the past for good."""
    assert history.again is not None
    assert history.again.code == 0, history.again.err
    assert history.again_status is not None
    assert not history.again_status.is_pinned
    assert history.again_status.damage == ()


def test_the_same_input_gives_the_same_marts_row_for_row(history: History) -> None:
    """A figure that differs between two runs of the same deliveries cannot be signed for; a nightly run over unchanged
    deliveries must not push five good generations off the shelf either."""
    after = history.again_status
    assert after is not None
    assert after.generation is not None
    assert after.verdict is not None
    assert after.generation.number == 1
    built, published = (
        {name: checksum for name, checksum in relations.items() if name not in TELLS_OF_EARLIER}
        for relations in (after.verdict.relations, after.generation.relations)
    )
    assert built == published
    assert after.last_run is not None
    assert after.last_run.outcome == "unchanged"


# Pseudonyms


def test_reveal_finds_the_customer_behind_a_pseudonym(refreshed: World) -> None:
    """The seller has to be able to say who a row is, and to say it right."""
    file = refreshed.paths("jinse_bridal").deliveries / "2026-06-30" / "客户档案_20260630.csv"
    with file.open(encoding="gb18030", newline="") as source:
        customer = next(row for row in csv.DictReader(source) if row["手机号"] and row["姓名"] and row["客户编号"])
    company = load_company(refreshed.settings, "jinse_bridal")
    pseudonym = Pseudonymiser.of(company, refreshed.settings).pseudonym("customer", customer["客户编号"])
    with refreshed.marts("jinse_bridal") as marts:
        there = "select count(*) from customer.dim_customers where customer_id = ?"
        assert marts.execute(there, [pseudonym]).fetchall() == [(1,)]
    ran = refreshed.bookworth("reveal", "jinse_bridal", pseudonym)
    assert ran.code == 0, ran.err
    for clear in (pseudonym, customer["客户编号"], customer["姓名"], customer["手机号"]):
        assert clear in ran.out


def test_reveal_names_what_it_cannot_find(refreshed: World) -> None:
    """A pseudonym made with another key looks like any other."""
    ran = refreshed.bookworth("reveal", COMPANY, "c_00000000000000000000")
    assert ran.code == 1
    assert "c_00000000000000000000" in ran.err


@pytest.mark.parametrize("command", [["refresh", COMPANY], ["reveal", COMPANY, "c_00000000000000000000"]])
def test_a_real_company_needs_its_key_file(branch: World, command: list[str]) -> None:
    """Falling back to the published demo key would hand out the customer list as if it were protected."""
    before = branch.published(COMPANY)
    config = branch.paths(COMPANY).config_file
    text = config.read_text(encoding="utf-8")
    config.write_text(text.replace("pseudonym_key: demo", "pseudonym_key: file"), encoding="utf-8")
    ran = branch.bookworth(*command)
    assert ran.code == 1
    assert "BOOKWORTH_KEY_FILE" in ran.err
    assert "Traceback" not in ran.err
    assert branch.published(COMPANY) == before
