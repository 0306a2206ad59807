"""Great Expectations on raw and marts: one check per relation and dimension; what is an error stops the run."""

from collections.abc import Iterator, Sequence

import dagster as dg

from dagster_project.publish.verdict import read_stamp
from dagster_project.quality.evidence import status_counts
from dagster_project.quality.runner import run_suites
from dagster_project.quality.tables import write_results
from dagster_project.quality.verdicts import CheckVerdict, judge, planned_checks
from dagster_project.resources import OWNERS, CompanyRun, code_reference, company_partitions

PLANNED = planned_checks()


def _specs(stage: str) -> Sequence[dg.AssetCheckSpec]:
    return [
        dg.AssetCheckSpec(
            name=f"expectations_{dimension}",
            asset=relation.split("."),
            blocking=blocking,
            partitions_def=company_partitions,
            description=f"Great Expectations: {dimension} of {relation} (expectations/{stage}/).",
        )
        for planned_stage, relation, dimension, blocking in PLANNED
        if planned_stage == stage
    ]


@dg.multi_asset_check(name="raw_expectations", specs=_specs("raw"))
def raw_expectations(context: dg.AssetCheckExecutionContext, company_run: CompanyRun) -> Iterator[dg.AssetCheckResult]:
    """Is what came in fit to build on?"""
    yield from _judge(company_run, "raw")


@dg.multi_asset_check(name="marts_expectations", specs=_specs("marts"))
def marts_expectations(
    context: dg.AssetCheckExecutionContext, company_run: CompanyRun
) -> Iterator[dg.AssetCheckResult]:
    """Is what was built fit to be read?"""
    yield from _judge(company_run, "marts")


@dg.asset(
    key=["quality", "expectation_results"],
    group_name="quality",
    kinds={"great_expectations", "duckdb"},
    owners=OWNERS,
    metadata=code_reference(run_suites),
    partitions_def=company_partitions,
    deps=sorted({spec.asset_key for stage in ("raw", "marts") for spec in _specs(stage)}),
)
def expectation_results(context: dg.AssetExecutionContext, company_run: CompanyRun) -> dg.MaterializeResult:
    """How did every expectation of this build go? Counts and words, never a value."""
    with company_run.stage("quality") as paths:
        counts = status_counts(paths.work_db)
    return dg.MaterializeResult(metadata=dict(counts))


def _judge(company_run: CompanyRun, stage: str) -> Iterator[dg.AssetCheckResult]:
    with company_run.stage(f"{stage}_checks") as paths:
        stamp = read_stamp(paths)
        if stamp is None:
            raise dg.Failure("No build was begun: run the whole refresh.", allow_retries=False)
        database = paths.work_db if stage == "raw" else paths.candidate_db
        results = run_suites(database, stage, stamp.as_of, inputs_database=paths.work_db)
        write_results(paths.work_db, results)
        verdict = judge(results, [stage])
        if not verdict.passed:
            company_run.fell_short("; ".join(verdict.failures))
    for check in verdict.checks:
        yield _result(check)


def _result(check: CheckVerdict) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        asset_key=check.relation.split("."),
        check_name=f"expectations_{check.dimension}",
        passed=check.status in ("passed", "not_assessed"),
        severity=dg.AssetCheckSeverity.ERROR if check.status == "failed" else dg.AssetCheckSeverity.WARN,
        description="; ".join([check.summary, *check.failures, *check.warnings]),
        metadata={
            "assessed": check.assessed,
            "expectations": check.expectations,
            **_listed("failures", check.failures),
            **_listed("warnings", check.warnings),
            **_listed("not_assessed", check.not_assessed),
        },
    )


def _listed(name: str, sentences: Sequence[str]) -> dict[str, dg.MetadataValue]:
    return {name: dg.MetadataValue.md("\n".join(f"- {sentence}" for sentence in sentences))} if sentences else {}
