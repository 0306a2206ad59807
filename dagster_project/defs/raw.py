"""Deliveries -> landing -> raw: what came in, typed, with every row accounted for."""

from collections.abc import Iterator

import dagster as dg

from dagster_project.companies import load_company
from dagster_project.ingest import contract
from dagster_project.ingest.landing import delivered_on, land
from dagster_project.ingest.raw import load_raw
from dagster_project.ingest.run_parameters import as_of_date, write_run_parameters
from dagster_project.publish.verdict import begin_build, read_stamp
from dagster_project.quality.evidence import unbalanced_files
from dagster_project.resources import OWNERS, CompanyRun, code_reference, company_partitions
from dagster_project.transform.row_counts import row_counts

EVIDENCE = {
    "inputs": "Which canonical columns were delivered, and how full they are: what decides `not_assessed`.",
    "row_accounting": "Where every delivered row went: loaded, quarantined, duplicate, excluded or erased.",
    "restatements": "What a later delivery changed about a record an earlier one had given.",
    "run_parameters": "The dates and settings this build is made for.",
}


class RefreshConfig(dg.Config):
    as_of: str | None = None


@dg.asset(
    key=["landing", "delivered_files"],
    group_name="landing",
    kinds={"file"},
    owners=OWNERS,
    metadata=code_reference(land),
    partitions_def=company_partitions,
)
def delivered_files(
    context: dg.AssetExecutionContext, config: RefreshConfig, company_run: CompanyRun
) -> dg.MaterializeResult:
    """Which files did the company hand over? Each is copied once, named by its sha256, and never changed."""
    with company_run.stage("landing") as paths:
        company_run.begin()
        company = company_run.company
        landing = land(company, paths)
        as_of = as_of_date(company, delivered_on(landing), config.as_of)
        files = {f"{file.delivery}/{file.name}": file.sha256 for file in landing.files}
        stamp = begin_build(paths, run_id=context.run.run_id, as_of=as_of, files=files)
    return dg.MaterializeResult(
        metadata={
            "deliveries": len(landing.deliveries),
            "files": len(files),
            "newest_delivery": str(delivered_on(landing)),
            "as_of": str(as_of),
            "build_id": stamp.build_id,
        }
    )


@dg.multi_asset(
    name="raw",
    group_name="raw",
    partitions_def=company_partitions,
    specs=[
        *(
            dg.AssetSpec(
                ["raw", entity.name],
                deps=[["landing", "delivered_files"]],
                description=f"One row per {entity.grain}, latest delivered version, people's ids as pseudonyms.",
                kinds={"duckdb", "parquet"},
                owners=OWNERS,
                metadata={
                    **code_reference(load_raw, contract.entities),
                    "dagster/column_schema": dg.TableSchema(
                        [dg.TableColumn(c.name, c.duckdb_type) for c in entity.columns.values()]
                    ),
                },
            )
            for entity in contract.entities().values()
        ),
        *(
            dg.AssetSpec(
                ["raw", name],
                deps=[["landing", "delivered_files"]],
                description=text,
                kinds={"duckdb"},
                owners=OWNERS,
                metadata=code_reference(load_raw),
            )
            for name, text in EVIDENCE.items()
        ),
    ],
    check_specs=[
        dg.AssetCheckSpec(
            "every_row_accounted_for",
            asset=["raw", "row_accounting"],
            blocking=True,
            partitions_def=company_partitions,
            description="delivered = loaded + quarantined + duplicates + excluded + erased, for every file.",
        )
    ],
)
def raw(
    context: dg.AssetExecutionContext, company_run: CompanyRun
) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
    """Read every file as text, cast, quarantine what cannot be read, keep the latest version of each record."""
    with company_run.stage("raw") as paths:
        company = load_company(company_run.settings, paths.root.name)
        report = load_raw(company, paths, land(company, paths), company_run.settings, context.log.info)
        stamp = read_stamp(paths)
        if stamp is None:
            raise dg.Failure("No build was begun: materialise landing/delivered_files first.", allow_retries=False)
        write_run_parameters(company, paths, stamp.as_of)
        counts = row_counts(paths.work_db)
        unbalanced = unbalanced_files(paths.work_db)
    for key in context.selected_asset_keys:
        schema = "evidence" if key.path[-1] in EVIDENCE else "raw"
        yield dg.MaterializeResult(
            asset_key=key, metadata={"dagster/row_count": counts.get(f"{schema}.{key.path[-1]}", 0)}
        )
    yield dg.AssetCheckResult(
        asset_key=["raw", "row_accounting"],
        check_name="every_row_accounted_for",
        passed=not unbalanced,
        description="; ".join(unbalanced) or "every delivered row is accounted for",
        metadata={"accounting": dg.MetadataValue.json(report.metadata())},
    )
