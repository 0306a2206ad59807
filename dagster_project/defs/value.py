"""Predictive models, between the intermediate tables and the marts: fitted in Python, joined back in SQL."""

from collections.abc import Iterator

import dagster as dg

from dagster_project.resources import OWNERS, CompanyRun, code_reference, company_partitions
from dagster_project.transform.row_counts import row_counts
from dagster_project.value.pictures import fit_pictures, holdout_picture, parameters, summary
from dagster_project.value.predictions import READS, TABLES, predict


@dg.multi_asset(
    name="value",
    group_name="value",
    partitions_def=company_partitions,
    specs=[
        dg.AssetSpec(
            ["predictions", name],
            deps=[["intermediate", table] for table in READS],
            description=description,
            kinds={"python", "duckdb"},
            owners=OWNERS,
            metadata=code_reference(predict),
        )
        for name, description in TABLES.items()
    ],
)
def value(context: dg.AssetExecutionContext, company_run: CompanyRun) -> Iterator[dg.MaterializeResult]:
    """Fit what the trade admits, as of today and a year ago; forecast with what that year chose."""
    with company_run.stage("value") as paths:
        found = predict(paths.work_db, context.log.info)
        counts = row_counts(paths.work_db)
    shown = {
        "fits": dg.MetadataValue.md(summary(found.fits)),
        "parameters": dg.MetadataValue.json(parameters(found.fits)),
        "what_they_say": dg.MetadataValue.md(fit_pictures(found)),
        "year_held_out": dg.MetadataValue.md(holdout_picture(found.fits)),
    }
    for name in TABLES:
        metadata: dict[str, dg.MetadataValue] = dict(shown) if name == "model_fits" else {}
        metadata["dagster/row_count"] = dg.MetadataValue.int(counts[f"predictions.{name}"])
        yield dg.MaterializeResult(asset_key=["predictions", name], metadata=metadata)
