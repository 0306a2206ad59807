"""Marts -> the pages and the workbook people read."""

from collections.abc import Iterator

import dagster as dg

from dagster_project.publish.verdict import read_stamp
from dagster_project.report.build import build_reports
from dagster_project.resources import OWNERS, CompanyRun, code_reference, company_partitions

READ_BY_REPORTS = (
    "customer/dim_customers",
    "customer/fct_customer_census",
    "customer/fct_customer_mix",
    "cohort/fct_cohort_retention",
    "cohort/fct_cohort_revenue",
    "quality/fct_inputs",
    "quality/fct_row_accounting",
    "quality/fct_expectation_results",
    "quality/fct_dimension_quality",
    "quality/fct_restatements",
    "score/fct_indicators",
    "score/fct_indicator_scores",
    "score/fct_dimension_scores",
    "score/fct_overall_score",
)


@dg.multi_asset(
    name="reports",
    group_name="reports",
    partitions_def=company_partitions,
    specs=[
        dg.AssetSpec(
            ["reports", name],
            deps=[key.split("/") for key in READ_BY_REPORTS],
            description=description,
            kinds={kind},
            owners=OWNERS,
            metadata=code_reference(build_reports),
        )
        for name, kind, description in (
            (
                "index",
                "html",
                "What is the book worth and how far can that be trusted? The page to read, two languages.",
            ),
            ("tables", "html", "The published tables one by one, to read and copy."),
            ("assessment", "excel", "The same tables as a workbook, one sheet each."),
        )
    ],
)
def reports(context: dg.AssetExecutionContext, company_run: CompanyRun) -> Iterator[dg.MaterializeResult]:
    with company_run.stage("reports") as paths:
        stamp = read_stamp(paths)
        if stamp is None:
            raise dg.Failure("No build was begun: run the whole refresh.", allow_retries=False)
        files = build_reports(paths.candidate_db, paths.candidate_reports, company_run.company, stamp.build_id)
    sizes = {
        "index": sum(f.stat().st_size for f in files if f.name == "index.html"),
        "tables": sum(f.stat().st_size for f in files if f.parent.name == "tables"),
        "assessment": sum(f.stat().st_size for f in files if f.suffix == ".xlsx"),
    }
    for name, size in sizes.items():
        yield dg.MaterializeResult(
            asset_key=["reports", name],
            metadata={"bytes": size, "folder": dg.MetadataValue.path(str(paths.candidate_reports))},
        )
