"""dbt: staging and intermediate, then marts, then indicators, then scores. Python works between the four."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, DbtProject, dbt_assets

from dagster_project.resources import OWNERS, CompanyRun, company_partitions
from dagster_project.settings import DBT_PROJECT_DIR
from dagster_project.transform.dbt_build import NodeResult, build_nodes, failures_in_words
from dagster_project.transform.model_facts import ModelFacts, model_facts

UNIQUE_ID = "dagster_dbt/unique_id"
# Targets and initiatives are judged by the indicators.
INDICATORS = "path:models/intermediate/indicators path:models/marts/quality fct_indicators fct_targets fct_initiatives"
SCORES = "path:models/marts/score int_mart_rows_counted"
# Built on what the value models predict.
PREDICTED = "path:models/intermediate/predicted"
# Stage -> what dbt selects for it, and excludes from that.
STAGES = {
    # Not the folders in it: what is excluded brings along the tests of what it reads.
    "intermediate": ("resource_type:seed path:models/staging path:models/intermediate/*.sql", ""),
    "marts": (f"path:models/marts {PREDICTED}", f"{INDICATORS} {SCORES}"),
    "indicators": (INDICATORS, "int_mart_rows_counted"),
    "scores": (SCORES, "fct_indicators"),
}

SEE_ROWS = """In the company's warehouse folder, `duckdb work.duckdb`:
```sql
attach if not exists 'build/marts.duckdb' as marts (read_only);
{sql}
```"""

project = DbtProject(project_dir=DBT_PROJECT_DIR, profiles_dir=DBT_PROJECT_DIR)


class StageTranslator(DagsterDbtTranslator):
    """dbt nodes under the stage of the flow they belong to."""

    def get_asset_spec(self, manifest: Mapping[str, Any], unique_id: str, project: DbtProject | None) -> dg.AssetSpec:
        spec = super().get_asset_spec(manifest, unique_id, project)
        folder = manifest["nodes"].get(unique_id, {}).get("fqn", ["", "reference"])[1]
        stage = folder if folder in ("staging", "intermediate", "marts") else "reference"
        # `tag:subject=risk` selects what a subject is made of, `group:marts` a stage.
        subject = {"subject": spec.key.path[0]} if stage == "marts" else {}
        return spec.replace_attributes(
            group_name=stage, owners=OWNERS, kinds={"dbt", "duckdb"}, tags={**spec.tags, "stage": stage, **subject}
        )

    def get_asset_check_spec(
        self,
        asset_spec: dg.AssetSpec,
        manifest: Mapping[str, Any],
        unique_id: str,
        project: DbtProject | None,
    ) -> dg.AssetCheckSpec | None:
        spec = super().get_asset_check_spec(asset_spec, manifest, unique_id, project)
        return spec and spec._replace(partitions_def=company_partitions)


def _source_keys() -> dict[str, dg.AssetKey]:
    sources = json.loads(project.manifest_path.read_text(encoding="utf-8"))["sources"].values()
    return {
        f"{source['schema']}.{source['name']}": dg.AssetKey(source["config"]["meta"]["dagster"]["asset_key"])
        for source in sources
    }


SOURCES = _source_keys()

translator = StageTranslator(
    # Checks on sources would silently stop blocking checks from blocking: they are left to Great Expectations.
    DagsterDbtTranslatorSettings(enable_source_tests_as_checks=False, enable_code_references=True)
)


@dbt_assets(
    manifest=project.manifest_path,
    project=project,
    name="intermediate",
    select=STAGES["intermediate"][0],
    partitions_def=company_partitions,
    dagster_dbt_translator=translator,
)
def intermediate(context: dg.AssetExecutionContext, company_run: CompanyRun) -> Iterator[Any]:
    yield from _build(context, company_run, "intermediate")


@dbt_assets(
    manifest=project.manifest_path,
    project=project,
    name="marts",
    select=STAGES["marts"][0],
    exclude=STAGES["marts"][1],
    partitions_def=company_partitions,
    dagster_dbt_translator=translator,
)
def marts(context: dg.AssetExecutionContext, company_run: CompanyRun) -> Iterator[Any]:
    yield from _build(context, company_run, "marts")


@dbt_assets(
    manifest=project.manifest_path,
    project=project,
    name="indicators",
    select=STAGES["indicators"][0],
    exclude=STAGES["indicators"][1],
    partitions_def=company_partitions,
    dagster_dbt_translator=translator,
)
def indicators(context: dg.AssetExecutionContext, company_run: CompanyRun) -> Iterator[Any]:
    yield from _build(context, company_run, "indicators")


@dbt_assets(
    manifest=project.manifest_path,
    project=project,
    name="scores",
    select=STAGES["scores"][0],
    exclude=STAGES["scores"][1],
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
        results = build_nodes(paths, *_selectors(context, stage, keys or checks), _report(context))
        built = [result.model for result in results if result.model is not None and result.status == "success"]
        facts = model_facts(paths, built)
        failed = failures_in_words(results)
        if failed:
            company_run.fell_short(f"dbt {stage}: {failed}")
    for result in results:
        if result.unique_id in checks:
            yield _check(checks[result.unique_id], result)
        elif result.unique_id in keys and result.status == "success":
            yield _materialized(keys[result.unique_id], result, facts[result.unique_id])
    if failed:
        raise dg.Failure(f"dbt {stage}: {failed}", allow_retries=False)


def _selectors(context: dg.AssetExecutionContext, stage: str, unique_ids: Iterable[str]) -> tuple[list[str], list[str]]:
    """What dbt is to select and to exclude: the stage by its folders, or a part of it node by node."""
    if not context.is_subset:
        select, exclude = STAGES[stage]
        return select.split(), exclude.split()
    return [unique_id.split(".")[2] for unique_id in unique_ids], []


def _materialized(key: dg.AssetKey, result: NodeResult, facts: ModelFacts) -> dg.MaterializeResult:
    sources = {
        column: [dg.TableColumnDep(_asset_key(table), source) for table, source in found]
        for column, found in facts.lineage.items()
    }
    return dg.MaterializeResult(
        asset_key=key,
        metadata={
            "seconds": result.seconds,
            "dagster/row_count": facts.rows,
            **facts.figures,
            **({"preview": dg.MetadataValue.md(facts.preview)} if facts.preview else {}),
            **({"dagster/column_lineage": dg.TableColumnLineage(sources)} if sources else {}),
        },
    )


def _asset_key(table: str) -> dg.AssetKey:
    """The asset behind `schema.table`: a model's key is just that, a source's what its YAML says."""
    return SOURCES.get(table) or dg.AssetKey(table.split("."))


def _check(key: dg.AssetCheckKey, result: NodeResult) -> dg.AssetCheckResult:
    passed = result.status == "pass"
    rows = result.failures or 0
    outcome = "holds" if passed else f"{rows} rows break it" if rows else f"could not be asked ({result.status})"
    return dg.AssetCheckResult(
        asset_key=key.asset_key,
        check_name=key.name,
        passed=passed,
        severity=dg.AssetCheckSeverity.WARN if result.status == "warn" else dg.AssetCheckSeverity.ERROR,
        description=f"{result.asks} - {outcome}",
        metadata={
            "rows_that_break_it": rows,
            "status": result.status,
            **({} if passed else {"to_see_the_rows": dg.MetadataValue.md(SEE_ROWS.format(sql=result.sql))}),
        },
    )


def _report(context: dg.AssetExecutionContext) -> Callable[[NodeResult], None]:
    def report(result: NodeResult) -> None:
        # One event each for what went well would cost more than the models do.
        if result.status not in ("success", "pass"):
            context.log.warning(f"{result.status}: {result.name}")

    return report
