"""dbt: staging and intermediate, then marts, then what is judged and scored. Python works between the three."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, DbtCliResource, DbtProject, dbt_assets

from dagster_project.dbt_results import failed_nodes
from dagster_project.resources import OWNERS, CompanyRun, company_partitions
from dagster_project.row_counts import row_counts
from dagster_project.settings import DBT_PROJECT_DIR, CompanyPaths

project = DbtProject(project_dir=DBT_PROJECT_DIR, profiles_dir=DBT_PROJECT_DIR)
SCORES = "path:models/intermediate/indicators path:models/marts/quality path:models/marts/score"


class StageTranslator(DagsterDbtTranslator):
    """dbt nodes under the stage of the flow they belong to."""

    def get_asset_spec(self, manifest: Mapping[str, Any], unique_id: str, project: DbtProject | None) -> dg.AssetSpec:
        spec = super().get_asset_spec(manifest, unique_id, project)
        folder = manifest["nodes"].get(unique_id, {}).get("fqn", ["", "reference"])[1]
        stage = folder if folder in ("staging", "intermediate", "marts") else "reference"
        return spec.replace_attributes(group_name=stage, owners=OWNERS, kinds={"dbt", "duckdb"})


translator = StageTranslator(
    # Checks on sources would silently stop blocking checks from blocking: they are left to Great Expectations.
    DagsterDbtTranslatorSettings(enable_source_tests_as_checks=False, enable_code_references=True)
)


@dbt_assets(
    manifest=project.manifest_path,
    project=project,
    select="resource_type:seed path:models/staging path:models/intermediate",
    exclude="path:models/intermediate/indicators",
    partitions_def=company_partitions,
    dagster_dbt_translator=translator,
)
def intermediate(context: dg.AssetExecutionContext, dbt: DbtCliResource, company_run: CompanyRun) -> Iterator[Any]:
    yield from _build(context, dbt, company_run, "intermediate")


@dbt_assets(
    manifest=project.manifest_path,
    project=project,
    select="path:models/marts",
    exclude=SCORES,
    partitions_def=company_partitions,
    dagster_dbt_translator=translator,
)
def marts(context: dg.AssetExecutionContext, dbt: DbtCliResource, company_run: CompanyRun) -> Iterator[Any]:
    yield from _build(context, dbt, company_run, "marts")


@dbt_assets(
    manifest=project.manifest_path,
    project=project,
    select=SCORES,
    partitions_def=company_partitions,
    dagster_dbt_translator=translator,
)
def scores(context: dg.AssetExecutionContext, dbt: DbtCliResource, company_run: CompanyRun) -> Iterator[Any]:
    yield from _build(context, dbt, company_run, "scores")


def _build(
    context: dg.AssetExecutionContext, dbt: DbtCliResource, company_run: CompanyRun, stage: str
) -> Iterator[Any]:
    """`dbt build` of the selected nodes; events are held back until the rows are counted, so that each carries its own."""
    events: list[Any] = []
    # Unit tests hold the logic, not the data: they run in CI. A test waits until all its models are built.
    args = ["build", "--exclude-resource-type", "unit_test", "--indirect-selection", "buildable"]
    failure: dg.Failure | None = None
    with company_run.stage(stage) as paths:
        with dbt_environment(paths):
            invocation = dbt.cli(args, context=context, target_path=paths.dbt_target, raise_on_error=False)
            events.extend(invocation.stream())
        counts = {**row_counts(paths.work_db), **row_counts(paths.candidate_db)}
        if not invocation.is_successful():
            failure = dg.Failure(
                f"dbt {stage}: {failed_nodes(paths.dbt_target / 'run_results.json')}", allow_retries=False
            )
            company_run.fell_short(failure.description or "")
    for event in events:
        yield _with_row_count(event, counts)
    if failure is not None:
        raise failure


def _with_row_count(event: Any, counts: Mapping[str, int]) -> Any:
    if isinstance(event, dg.MaterializeResult) and event.asset_key is not None:
        rows = counts.get(".".join(event.asset_key.path[-2:]))
        if rows is not None:
            return event._replace(metadata={**(event.metadata or {}), "dagster/row_count": rows})
    return event


@contextmanager
def dbt_environment(paths: CompanyPaths) -> Iterator[None]:
    """What `dbt/profiles.yml` reads: the files of one company."""
    values = {"BOOKWORTH_WORK_DB": str(paths.work_db), "BOOKWORTH_CANDIDATE_DB": str(paths.candidate_db)}
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
