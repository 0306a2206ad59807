"""A warehouse of its own for tests of the whole pipeline: companies, generations and a Dagster home in one folder."""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import pytest

from dagster_project.cli import main
from dagster_project.settings import PROJECT_ROOT, CompanyPaths, Settings

EXAMPLES = PROJECT_ROOT / "seeds" / "companies"


@dataclass(frozen=True)
class Ran:
    """What a command of `bookworth` returned and said."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class World:
    companies: Path
    warehouse: Path
    home: Path

    @classmethod
    def make(cls, folder: Path, *companies: Path) -> World:
        """A new world in `folder`, with copies of these company folders (their deliveries too)."""
        world = cls(folder / "companies", folder / "warehouse", folder / "home")
        for part in (world.companies, world.warehouse, world.home):
            part.mkdir(parents=True)
        shutil.copy(PROJECT_ROOT / ".dagster_home" / "dagster.yaml", world.home)
        for company in companies:
            shutil.copytree(company, world.companies / company.name)
        return world

    def branch(self, folder: Path, company: str) -> World:
        """One company copied to where it can be damaged: deliveries and warehouse anew, the Dagster home shared."""
        branch = World(folder / "companies", folder / "warehouse", self.home)
        shutil.copytree(self.companies / company, branch.companies / company)
        shutil.copytree(self.warehouse / company, branch.warehouse / company, symlinks=True)
        return branch

    @property
    def settings(self) -> Settings:
        return Settings(self.companies, self.warehouse, None)

    def paths(self, company: str) -> CompanyPaths:
        return self.settings.paths(company)

    @property
    def environment(self) -> dict[str, str]:
        return {
            "BOOKWORTH_COMPANIES": str(self.companies),
            "BOOKWORTH_WAREHOUSE": str(self.warehouse),
            "DAGSTER_HOME": str(self.home),
        }

    def bookworth(self, *arguments: str) -> Ran:
        """Run a command in this process, which pays for the imports once."""
        out, err = io.StringIO(), io.StringIO()
        with pytest.MonkeyPatch.context() as environment, redirect_stdout(out), redirect_stderr(err):
            for name, value in self.environment.items():
                environment.setenv(name, value)
            try:
                code = main(arguments)
            except SystemExit as stopped:
                code = int(stopped.code or 0)
        return Ran(code, out.getvalue(), err.getvalue())

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Run a command in a process of its own, which a test may kill."""
        command = [sys.executable, "-m", "dagster_project.cli", *arguments]
        return subprocess.Popen(
            command,
            cwd=PROJECT_ROOT,
            env={**os.environ, **self.environment},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )

    def instance(self) -> dg.DagsterInstance:
        with pytest.MonkeyPatch.context() as environment:
            environment.setenv("DAGSTER_HOME", str(self.home))
            return dg.DagsterInstance.get()

    def materialize(self, company: str, *keys: str) -> dg.ExecuteInProcessResult:
        """What the UI's "materialize selected" does: some assets of one company, in a run of their own."""
        from dagster_project.definitions import defs

        with pytest.MonkeyPatch.context() as environment, self.instance() as instance:
            for name, value in self.environment.items():
                environment.setenv(name, value)
            log = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
            return (
                defs()
                .resolve_job_def("refresh")
                .execute_in_process(
                    instance=instance,
                    partition_key=company,
                    asset_selection=[dg.AssetKey(key.split("/")) for key in keys],
                    raise_on_error=False,
                    run_config=log,
                )
            )

    def marts(self, company: str) -> duckdb.DuckDBPyConnection:
        return duckdb.connect(str(self.paths(company).current / "marts.duckdb"), read_only=True)

    def work(self, company: str) -> duckdb.DuckDBPyConnection:
        return duckdb.connect(str(self.paths(company).work_db), read_only=True)

    def published(self, company: str) -> dict[str, str]:
        """Every published file by its sha256, and where `current` points."""
        paths = self.paths(company)
        files = sorted(path for path in paths.generations.rglob("*") if path.is_file())
        found = {str(path.relative_to(paths.root)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
        return {**found, "current": str(paths.current.readlink())}


def failure_words(result_or_run: Any, instance: dg.DagsterInstance) -> str:
    """What Dagster's event log says of a run's failed steps: the words the UI shows."""
    words = []
    for entry in instance.all_logs(result_or_run.run_id, of_type=dg.DagsterEventType.STEP_FAILURE):
        event = entry.get_dagster_event()
        words.append(event.step_failure_data.error_display_string)
        user = event.step_failure_data.user_failure_data
        words.append((user.description or "") if user else "")
    return "\n".join(words)
