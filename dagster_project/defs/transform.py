"""dbt: staging and intermediate, then marts, then indicators, then scores. Python works between the four."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, DbtProject, dbt_assets

from dagster_project.dbt_build import NodeResult, build_nodes, failures_in_words
from dagster_project.resources import OWNERS, CompanyRun, company_partitions
from dagster_project.row_counts import row_counts
from dagster_project.settings import DBT_PROJECT_DIR

UNIQUE_ID = "dagster_dbt/unique_id"
INDICATORS = "path:models/intermediate/indicators path:models/marts/quality fct_indicators"
SCORES = "path:models/marts/score int_mart_rows_counted"

project = DbtProject(project_dir=DBT_PROJECT_DIR, profiles_dir=DBT_PROJECT_DIR)


class StageTranslator(DagsterDbtTranslator):
    """dbt nodes under the stage of the flow they belong to."""

    def get_asset_spec(self, manifest: Mapping[str, Any], unique_id: str, project: DbtProject | None) -> dg.AssetSpec:
        spec = super().get_asset_spec(manifest, unique_id, project)
        folder = manifest["nodes"].get(unique_id, {}).get("fqn", ["", "reference"])[1]
        stage = folder if folder in ("staging", "intermediate", "marts") else "reference"
        return spec.replace_attributes(group_name=stage, owners=OWNERS, kinds={"dbt", "duckdb"})

    def get_asset_check_spec(
        self,
        asset_spec: dg.AssetSpec,
        manifest: Mapping[str, Any],
        unique_id: str,
        project: DbtProject | None,
    ) -> dg.AssetCheckSpec | None:
        spec = super().get_asset_check_spec(asset_spec, manifest, unique_id, project)
        return spec and spec._replace(partitions_def=company_partitions)


translator = StageTranslator(
    # Checks on sources would silently stop blocking checks from blocking: they are left to Great Expectations.
    DagsterDbtTranslatorSettings(enable_source_tests_as_checks=False, enable_code_references=True)
)


@dbt_assets(
    manifest=project.manifest_path,
    project=project,
    name="intermediate",
    select="resource_type:seed path:models/staging path:models/intermediate",
    exclude="path:models/intermediate/indicators",
    partitions_def=company_partitions,
    dagster_dbt_translator=translator,
)
def intermediate(context: dg.AssetExecutionContext, company_run: CompanyRun) -> Iterator[Any]:
    yield from _build(context, company_run, "intermediate")


@dbt_assets(
    manifest=project.manifest_path,
    project=project,
    name="marts",
    select="path:models/marts",
    exclude=f"{INDICATORS} {SCORES}",
    partitions_def=company_partitions,
    dagster_dbt_translator=translator,
)
def marts(context: dg.AssetExecutionContext, company_run: CompanyRun) -> Iterator[Any]:
    yield from _build(context, company_run, "marts")


@dbt_assets(
    manifest=project.manifest_path,
    project=project,
    name="indicators",
    select=INDICATORS,
    exclude="int_mart_rows_counted",
    partitions_def=company_partitions,
    dagster_dbt_translator=translator,
)
def indicators(context: dg.AssetExecutionContext, company_run: CompanyRun) -> Iterator[Any]:
    yield from _build(context, company_run, "indicators")


@dbt_assets(
    manifest=project.manifest_path,
    project=project,
    name="scores",
    select=SCORES,
    exclude="fct_indicators",
    partitions_def=company_partitions,
    dagster_dbt_translator=translator,
)
def scores(context: dg.AssetExecutionContext, company_run: CompanyRun) -> Iterator[Any]:
    yield from _build(context, company_run, "scores")


def _build(
    context: dg.AssetExecutionContext, company_run: CompanyRun, stage: str
) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
    """Build what was selected; every model comes with its row count, every test as a check, failed ones too."""
    assets = context.assets_def.specs_by_key
    checks = {
        spec.metadata[UNIQUE_ID]: spec.key
        for spec in context.assets_def.check_specs
        if spec.key in context.selected_asset_check_keys
    }
    keys = {assets[key].metadata[UNIQUE_ID]: key for key in context.selected_asset_keys}
    with company_run.stage(stage) as paths:
        results = build_nodes(paths, [name.split(".")[2] for name in (keys or checks)], _report(context))
        counts = {**row_counts(paths.work_db), **row_counts(paths.candidate_db)}
        failed = failures_in_words(results)
        if failed:
            company_run.fell_short(f"dbt {stage}: {failed}")
    for result in results:
        if result.unique_id in checks:
            yield _check(checks[result.unique_id], result)
        elif result.unique_id in keys and result.status == "success":
            yield _materialized(keys[result.unique_id], result, counts)
    if failed:
        raise dg.Failure(f"dbt {stage}: {failed}", allow_retries=False)


def _materialized(key: dg.AssetKey, result: NodeResult, counts: Mapping[str, int]) -> dg.MaterializeResult:
    rows = counts.get(".".join(key.path[-2:]))
    metadata = {"seconds": result.seconds, **({"dagster/row_count": rows} if rows is not None else {})}
    return dg.MaterializeResult(asset_key=key, metadata=metadata)


def _check(key: dg.AssetCheckKey, result: NodeResult) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        asset_key=key.asset_key,
        check_name=key.name,
        passed=result.status == "pass",
        severity=dg.AssetCheckSeverity.WARN if result.status == "warn" else dg.AssetCheckSeverity.ERROR,
        metadata={"rows_that_break_it": result.failures or 0, "status": result.status},
    )


def _report(context: dg.AssetExecutionContext) -> Callable[[NodeResult], None]:
    def report(result: NodeResult) -> None:
        # One event each for what went well would cost more than the models do.
        if result.status not in ("success", "pass"):
            context.log.warning(f"{result.status}: {result.name}")

    return report
