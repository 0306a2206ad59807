"""An assessment up to its indicators, without Dagster, tests, reports or a generation: what comparing figures takes."""

from __future__ import annotations

import duckdb

from dagster_project.companies import load_company
from dagster_project.ingest.landing import delivered_on, land
from dagster_project.ingest.raw import load_raw
from dagster_project.ingest.run_parameters import as_of_date, write_run_parameters
from dagster_project.quality.tables import write_results
from dagster_project.transform.dbt_build import build_models
from dagster_project.value.predictions import predict
from tests.pipeline.world import World


def assess(world: World, company_id: str, as_of: str) -> duckdb.DuckDBPyConnection:
    """The candidate of a company of `world` as of a day. No expectation is asked: data quality is not judged."""
    from dagster_project.defs import transform

    paths, company = world.paths(company_id), load_company(world.settings, company_id)
    paths.build.mkdir(parents=True)
    landing = land(company, paths)
    load_raw(company, paths, landing, world.settings)
    write_run_parameters(company, paths, as_of_date(company, delivered_on(landing), as_of))
    write_results(paths.work_db, [])
    for stage in ("intermediate", "marts", "indicators"):
        if stage == "marts":
            predict(paths.work_db)
        select, exclude = (selectors.split() for selectors in transform.STAGES[stage])
        build_models(paths, select, exclude)
    return duckdb.connect(str(paths.candidate_db), read_only=True)
