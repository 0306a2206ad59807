"""The verdict on the candidate, and the switch that makes it what readers see."""

from datetime import timedelta

import dagster as dg

from dagster_project.publish.generations import publish
from dagster_project.publish.scores import read_key_figures, read_parts, read_scores
from dagster_project.publish.stages import stages_not_of_run
from dagster_project.publish.verdict import read_stamp, seal_verdict
from dagster_project.quality.evidence import read_results, unbalanced_files
from dagster_project.quality.verdicts import judge
from dagster_project.resources import OWNERS, CompanyRun, code_reference, company_partitions


@dg.asset(
    key=["publish", "verdict"],
    group_name="publish",
    kinds={"json"},
    owners=OWNERS,
    metadata=code_reference(seal_verdict),
    partitions_def=company_partitions,
    deps=[["reports", "index"], ["reports", "tables"], ["reports", "assessment"], ["quality", "expectation_results"]],
)
def verdict(context: dg.AssetExecutionContext, company_run: CompanyRun) -> dg.MaterializeResult:
    """May this build be published? Bound to the build and to a checksum of every table and page."""
    with company_run.stage("verdict") as paths:
        stamp = read_stamp(paths)
        foreign = stages_not_of_run(paths, stamp.run_id) if stamp else []
        quality = judge(read_results(paths.work_db))
        failures = [*quality.failures, *(f"stage {stage} was not done by the build's own run" for stage in foreign)]
        sealed = seal_verdict(
            paths,
            passed=not failures,
            checks=len(quality.checks),
            accounting_balances=not unbalanced_files(paths.work_db),
            failures=failures,
            warnings=quality.warnings,
        )
    return dg.MaterializeResult(
        metadata={
            "passed": sealed.passed,
            "checks": sealed.checks,
            "failures": len(sealed.failures),
            "warnings": dg.MetadataValue.md("\n".join(f"- {warning}" for warning in sealed.warnings) or "none"),
            "build_id": sealed.build_id,
        }
    )


@dg.asset(
    key=["publish", "generation"],
    group_name="publish",
    kinds={"duckdb", "html"},
    owners=OWNERS,
    metadata=code_reference(publish),
    partitions_def=company_partitions,
    deps=[["publish", "verdict"]],
    freshness_policy=dg.FreshnessPolicy.time_window(fail_window=timedelta(hours=36), warn_window=timedelta(hours=26)),
)
def generation(context: dg.AssetExecutionContext, company_run: CompanyRun) -> dg.MaterializeResult:
    """What do readers see now? A sealed folder of marts and reports; `current` points at it."""
    with company_run.stage("publish") as paths:
        stamp = read_stamp(paths)
        deliveries = sorted({file.split("/")[0] for file in stamp.files}) if stamp else []
        scores = read_scores(paths.candidate_db)
        figures = read_key_figures(paths.candidate_db)
        published = publish(paths, deliveries=deliveries, scores=scores, parts=read_parts(paths.candidate_db))
        message = f"generation {published.number}" + (", same as before" if published.unchanged else "")
        company_run.published(published.number, "; ".join([message, *published.notes]), published.unchanged)
    overall = scores.get("overall")
    return dg.MaterializeResult(
        metadata={
            "generation": published.number,
            "unchanged": published.unchanged,
            "as_of": str(published.as_of),
            "folder": dg.MetadataValue.path(str(paths.current)),
            **({"score": overall} if overall is not None else {}),
            **figures,
        }
    )
