"""Resources and the executor every asset runs with. A file with a `definitions` function declares nothing else."""

import os

import dagster as dg
from dagster_dbt import DbtCliResource

from dagster_project.resources import CompanyRun
from dagster_project.settings import DBT_PROJECT_DIR, dbt_executable


@dg.definitions
def wiring() -> dg.Definitions:
    return dg.Definitions(
        resources={
            "dbt": DbtCliResource(
                project_dir=os.fspath(DBT_PROJECT_DIR),
                profiles_dir=os.fspath(DBT_PROJECT_DIR),
                dbt_executable=os.fspath(dbt_executable()),
            ),
            "company_run": CompanyRun(),
        },
        # One process a run: imports are paid once, and the company's lock is held from start to end.
        executor=dg.in_process_executor,
    )
