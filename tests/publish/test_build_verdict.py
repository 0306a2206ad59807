from __future__ import annotations

import json
from datetime import UTC, date, datetime

import duckdb
import pytest
from publish_worker import AS_OF, build, judge

from dagster_project.publish.errors import NotPublishable
from dagster_project.publish.verdict import begin_build, code_version, read_verdict, require_verdict, seal_verdict

FILES = {"2026-04-01/orders.csv": "aa", "2026-04-01/customers.csv": "bb"}


def stamp(paths, **other):
    return begin_build(paths, **{"run_id": "r", "as_of": AS_OF, "files": FILES, "code": "1", **other})


def test_same_input_has_the_same_build_id(paths):
    """A rerun of the same input looks like another build, and a new generation appears every night."""
    first = stamp(paths, run_id="run-1", now=datetime(2026, 4, 1, tzinfo=UTC))
    again = stamp(paths, run_id="run-2", files=dict(reversed(FILES.items())))
    assert first.build_id == again.build_id
    assert first.started_at != again.started_at


@pytest.mark.parametrize(
    "other",
    [
        {"as_of": date(2026, 3, 30)},
        {"files": {**FILES, "2026-04-01/orders.csv": "cc"}},
        {"files": {"2026-04-02/orders.csv": "aa", "2026-04-01/customers.csv": "bb"}},
        {"code": "2"},
    ],
)
def test_other_input_has_another_build_id(paths, other):
    """A changed file, date or line of code passes as the build that was published already."""
    assert stamp(paths).build_id != stamp(paths, **other).build_id


def test_other_configuration_has_another_build_id(paths):
    """An edited company.yaml passes as the build that was published already."""
    before = stamp(paths).build_id
    paths.config_file.write_text("id: acme\nprofile: generic_b2b\n")
    assert stamp(paths).build_id != before


def test_code_version_follows_content_alone(tmp_path):
    """Touched files, caches and build output change the code version; or an edited model does not."""
    code, target = tmp_path / "dbt" / "m.sql", tmp_path / "dbt" / "target" / "m.sql"
    target.parent.mkdir(parents=True)
    code.write_text("select 1")
    before = code_version([tmp_path / "dbt"])
    target.write_text("select 1")
    code.touch()
    assert code_version([tmp_path / "dbt"]) == before
    code.write_text("select 2")
    assert code_version([tmp_path / "dbt"]) != before
    assert len(code_version()) == 64


def test_new_build_clears_everything_of_the_last(paths):
    """A verdict, a table or a report of an earlier build is published with this one; or spill files fill the disk."""
    build(paths, 1)
    judge(paths)
    (paths.root / "work.duckdb.tmp").mkdir()
    (paths.root / "work.duckdb.tmp" / "duckdb_temp_storage-0.tmp").write_bytes(b"x")
    stamp(paths)
    assert sorted(path.name for path in paths.build.rglob("*")) == ["build.json", "reports"]
    assert not (paths.root / "work.duckdb.tmp").exists()
    with pytest.raises(NotPublishable, match=r"acme: this build has not been judged\. Run the whole refresh"):
        require_verdict(paths)


def test_good_build_passes(paths):
    """The gate refuses what was judged good and did not change."""
    build(paths, 1)
    judge(paths, warnings=["three late files"])
    verdict = require_verdict(paths)
    assert verdict == read_verdict(paths)
    assert set(verdict.relations) == {"customer.dim_customers", "customer.fct_orders", "score.fct_indicators"}
    assert set(verdict.reports) == {"index.html", "tables/orders.html"}
    assert verdict.warnings == ("three late files",)


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"passed": False}, "judged not good enough"),
        ({"failures": ["phone of raw.customers is 12% null"]}, "phone of raw.customers is 12% null"),
        ({"checks": 0}, "no check ran"),
        ({"accounting_balances": False}, "not every delivered row is accounted for"),
    ],
)
def test_verdict_fails_closed(paths, said, why):
    """An empty suite, a lost row or a failure beside `passed=True` publishes."""
    build(paths, 1)
    judge(paths, **said)
    with pytest.raises(NotPublishable, match=f"fell short, so nothing was published: .*{why}"):
        require_verdict(paths)


@pytest.mark.parametrize(
    ("lacking", "why"),
    [
        ("marts.duckdb", "is not there"),
        ("tables", "the candidate has no tables"),
        ("reports", "no report was written"),
    ],
)
def test_nothing_to_publish_fails_the_verdict(paths, lacking, why):
    """An empty candidate, or one without reports, replaces a good generation."""
    build(paths, 1)
    if lacking == "reports":
        for path in paths.candidate_reports.rglob("*.html"):
            path.unlink()
    else:
        paths.candidate_db.unlink()
    if lacking == "tables":
        duckdb.connect(str(paths.candidate_db)).close()
    judge(paths)
    with pytest.raises(NotPublishable, match=why):
        require_verdict(paths)


def test_judging_nothing_is_refused(paths):
    """A verdict appears without a build it could be about."""
    with pytest.raises(NotPublishable, match="no build was begun"):
        judge(paths)
    with pytest.raises(NotPublishable, match="nothing has been built"):
        require_verdict(paths)


@pytest.mark.parametrize(
    ("statement", "what"),
    [
        ("update customer.fct_orders set n = 7 where i = 3", "customer.fct_orders changed"),
        ("insert into customer.fct_orders select * from customer.fct_orders limit 1", "customer.fct_orders changed"),
        ("create or replace table score.fct_indicators as select 1 as n", "score.fct_indicators changed"),
        ("drop table score.fct_indicators", "score.fct_indicators went missing"),
        ("create table score.fct_extra (a int)", "score.fct_extra appeared"),
    ],
)
def test_asset_rematerialised_after_the_verdict_is_refused(paths, statement, what):
    """One asset is rebuilt in the UI and published under a verdict about other rows."""
    build(paths, 1)
    judge(paths)
    with duckdb.connect(str(paths.candidate_db)) as db:
        db.execute(statement)
    with pytest.raises(NotPublishable, match=f"{what} since it was judged. Run the whole refresh"):
        require_verdict(paths)


def test_rebuilt_with_the_same_rows_passes(paths):
    """The same rows in another order are refused as changed."""
    build(paths, 1)
    judge(paths)
    with duckdb.connect(str(paths.candidate_db)) as db:
        db.execute("create or replace table customer.fct_orders as select * from customer.fct_orders order by i desc")
    require_verdict(paths)


def test_report_written_after_the_verdict_is_refused(paths):
    """A report that nobody judged goes out with judged marts."""
    build(paths, 1)
    judge(paths)
    (paths.candidate_reports / "index.html").write_text("<p>2</p>")
    (paths.candidate_reports / "late.html").write_text("<p>2</p>")
    with pytest.raises(NotPublishable, match=r"index\.html changed; late\.html appeared since it was judged"):
        require_verdict(paths)


def test_link_among_the_reports_is_refused(paths):
    """A link in the reports publishes a file from outside the build."""
    build(paths, 1)
    (paths.candidate_reports / "key.html").symlink_to(paths.config_file)
    judge(paths)
    with pytest.raises(NotPublishable, match="not a plain file"):
        require_verdict(paths)


def test_verdict_of_another_build_is_refused(paths):
    """A verdict copied back from an earlier build of the same input passes."""
    build(paths, 1)
    judge(paths)
    old = (paths.build / "verdict.json").read_bytes()
    build(paths, 1)
    (paths.build / "verdict.json").write_bytes(old)
    with pytest.raises(NotPublishable, match="the verdict is about another build"):
        require_verdict(paths)


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"passed": true}'])
def test_cut_verdict_is_none(paths, content):
    """A verdict cut short by a kill counts as one, or shows a traceback."""
    build(paths, 1)
    judge(paths)
    (paths.build / "verdict.json").write_text(content)
    with pytest.raises(NotPublishable, match="has not been judged"):
        require_verdict(paths)


def test_passed_is_only_true(paths):
    """Anything truthy in the file passes for a passed verdict."""
    build(paths, 1)
    judge(paths)
    verdict = json.loads((paths.build / "verdict.json").read_text())
    (paths.build / "verdict.json").write_text(json.dumps({**verdict, "passed": "false"}))
    with pytest.raises(NotPublishable, match="fell short"):
        require_verdict(paths)


def test_damaged_candidate_is_refused(paths):
    """A page damaged between judging and publishing reaches readers, who find it at the first scan."""
    build(paths, 1, rows=50_000)
    judge(paths)
    content = bytearray(paths.candidate_db.read_bytes())
    for at in range(len(content) // 3, len(content), 100_000):
        content[at] ^= 0xFF
    paths.candidate_db.write_bytes(content)
    with pytest.raises(NotPublishable, match=r"marts\.duckdb is damaged"):
        require_verdict(paths)


def test_cut_candidate_is_refused(paths):
    """A truncated file, which DuckDB can open without an error, reaches readers."""
    build(paths, 1, rows=50_000)
    judge(paths)
    size = paths.candidate_db.stat().st_size
    for part in (0, 5_000, size // 2):
        with paths.candidate_db.open("r+b") as file:
            file.truncate(min(part, size))
        with pytest.raises(NotPublishable):
            require_verdict(paths)
        build(paths, 1, rows=50_000)
        judge(paths)


def test_missing_configuration_is_said_plainly(paths):
    """A missing company.yaml shows as a traceback."""
    paths.config_file.unlink()
    with pytest.raises(Exception, match=r"company\.yaml") as caught:
        stamp(paths)
    assert type(caught.value).__name__ == "PublishError"


def test_returned_verdict_is_the_written_one(paths):
    """The summary shown after judging differs from what the gate reads."""
    build(paths, 1)
    returned = seal_verdict(paths, passed=True, checks=1, accounting_balances=True, failures=["a"], warnings=["b"])
    assert returned == read_verdict(paths)
    assert not returned.passed
