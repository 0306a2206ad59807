"""Marts -> the pages and the workbook people read."""

from collections.abc import Iterator

import dagster as dg

from dagster_project.publish.verdict import read_stamp
from dagster_project.report.build import build_reports, sizes
from dagster_project.report.marts import SELLER
from dagster_project.report.queries import QUERIES
from dagster_project.resources import OWNERS, CompanyRun, code_reference, company_partitions

READ_BY_REPORTS = sorted(
    table.replace(".", "/")
    for table in {table for query in QUERIES.values() for table in query.tables} | {mart.table for mart in SELLER}
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
            ("seller", "html", "Which customers to act on? Pseudonymous rows, personal data: for the seller alone."),
        )
    ],
)
def reports(context: dg.AssetExecutionContext, company_run: CompanyRun) -> Iterator[dg.MaterializeResult]:
    with company_run.stage("reports") as paths:
        stamp = read_stamp(paths)
        if stamp is None:
            raise dg.Failure("No build was begun: run the whole refresh.", allow_retries=False)
        files = build_reports(
            paths.candidate_db,
            paths.candidate_reports,
            company_run.company,
            stamp.build_id,
            prints_pdf=company_run.settings.prints_pdf,
        )
    for name, size in sizes(files, paths.candidate_reports).items():
        yield dg.MaterializeResult(
            asset_key=["reports", name],
            metadata={"bytes": size, "folder": dg.MetadataValue.path(str(paths.candidate_reports))},
        )
