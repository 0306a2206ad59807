"""Resources and the executor every asset runs with. A file with a `definitions` function declares nothing else."""

import dagster as dg

from dagster_project.resources import CompanyRun


@dg.definitions
def wiring() -> dg.Definitions:
    return dg.Definitions(
        resources={"company_run": CompanyRun()},
        # One process a run: imports are paid once, and the company's lock is held from start to end.
        executor=dg.in_process_executor,
    )
