"""The job `refresh` of one company, run in this process: what the UI and the schedule run, for the command line."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from dagster_project.companies import BookworthError
from dagster_project.settings import DBT_PROJECT_DIR, PROJECT_ROOT, REFERENCE_DIR, dbt_executable

MANIFEST = DBT_PROJECT_DIR / "target" / "manifest.json"


@dataclass(frozen=True)
class Refreshed:
    """How it went: `message` is empty where it published."""

    company_id: str
    succeeded: bool
    message: str


def dagster_home() -> Path:
    """The instance folder: DAGSTER_HOME, else the project's own, so that runs show in its UI."""
    home = Path(os.environ.setdefault("DAGSTER_HOME", str(PROJECT_ROOT / ".dagster_home")))
    home.mkdir(parents=True, exist_ok=True)
    return home


def parse_dbt_if_changed(say: Callable[[str], None]) -> None:
    """Write dbt's manifest, which names the assets, if a model, macro, test or seed is newer than it.

    Raises `BookworthError` with dbt's own words if the project does not parse.
    """
    sources = [
        path
        for folder in (DBT_PROJECT_DIR, REFERENCE_DIR)
        for path in folder.rglob("*")
        if path.suffix in {".sql", ".yml", ".csv"} and not {"target", "logs"} & set(path.relative_to(folder).parts)
    ]
    if MANIFEST.is_file() and MANIFEST.stat().st_mtime >= max(path.stat().st_mtime for path in sources):
        return
    say("reading the dbt project")
    folder = os.fspath(DBT_PROJECT_DIR)
    command = [os.fspath(dbt_executable()), "--quiet", "parse", "--project-dir", folder, "--profiles-dir", folder]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BookworthError(f"the dbt project does not parse:\n{done.stdout}{done.stderr}")
    MANIFEST.touch()


def refresh_company(company_id: str, as_of: date | None, on_progress: Callable[[str, str], None]) -> Refreshed:
    """Run the job for one company and wait for it. Never raises for what goes wrong inside the run."""
    dagster_home()
    import dagster as dg

    from dagster_project import resources
    from dagster_project.definitions import defs
    from dagster_project.publish.generations import status
    from dagster_project.settings import Settings

    resources.progress = on_progress
    with dg.DagsterInstance.get() as instance:
        instance.add_dynamic_partitions(str(resources.company_partitions.name), [company_id])
        result = (
            defs()
            .resolve_job_def("refresh")
            .execute_in_process(
                instance=instance,
                partition_key=company_id,
                raise_on_error=False,
                run_config={
                    "ops": {"landing__delivered_files": {"config": {"as_of": as_of.isoformat() if as_of else None}}},
                    "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
                },
            )
        )
    last_run = status(Settings.from_env().paths(company_id)).last_run
    if result.success:
        return Refreshed(company_id, True, "")
    # A run that failed before its first stage is not in the ledger: what is there is about an earlier one.
    is_own = last_run is not None and last_run.run_id == result.run_id
    message = last_run.message if last_run is not None and is_own else f"see run {result.run_id} in the Dagster UI"
    return Refreshed(company_id, False, message)
