"""Where things live: the environment, read once into frozen settings."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

PROJECT_ROOT = Path(__file__).resolve().parent.parent
DBT_PROJECT_DIR = PROJECT_ROOT / "dbt"
EXPECTATIONS_DIR = PROJECT_ROOT / "expectations"
REFERENCE_DIR = PROJECT_ROOT / "seeds" / "reference"


@dataclass(frozen=True)
class CompanyPaths:
    """The folders of one company; nothing of it lies anywhere else."""

    deliveries: Path
    config_file: Path
    root: Path

    @property
    def landing(self) -> Path:
        """Delivered files, immutable, named by their sha256."""
        return self.root / "landing"

    @property
    def raw(self) -> Path:
        """Typed rows, one Parquet file per delivery and source. Holds direct identifiers."""
        return self.root / "raw"

    @property
    def ledger(self) -> Path:
        """SQLite file of what landed, what ran and what was published."""
        return self.root / "ledger.sqlite"

    @property
    def erased(self) -> Path:
        """People who asked to be forgotten, as pseudonyms; beside company.yaml, because it outlives the warehouse."""
        return self.config_file.with_name("erased.csv")

    @property
    def lock(self) -> Path:
        return self.root / ".lock"

    @property
    def work_db(self) -> Path:
        """Staging and intermediate tables; may be deleted at any time."""
        return self.root / "work.duckdb"

    @property
    def dbt_target(self) -> Path:
        return self.root / "target"

    @property
    def build(self) -> Path:
        """The candidate: built and judged here, then copied into a generation."""
        return self.root / "build"

    @property
    def candidate_db(self) -> Path:
        return self.build / "marts.duckdb"

    @property
    def candidate_reports(self) -> Path:
        return self.build / "reports"

    @property
    def generations(self) -> Path:
        return self.root / "generations"

    @property
    def current(self) -> Path:
        """Symlink to the published generation."""
        return self.root / "current"


@dataclass(frozen=True)
class Settings:
    """One process's view of the environment."""

    companies_dir: Path
    warehouse_dir: Path
    key_file: Path | None
    prints_pdf: bool = False  # the report as PDF too, which takes Chromium and half a minute

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None) -> Settings:
        """Read `BOOKWORTH_COMPANIES`, `BOOKWORTH_WAREHOUSE`, `BOOKWORTH_KEY_FILE` and `BOOKWORTH_PDF` (yes or no).

        Relative paths are taken from the project folder, so that the UI, the schedule and the shell agree.
        """
        env = os.environ if env is None else env
        key_file = env.get("BOOKWORTH_KEY_FILE")
        return cls(
            companies_dir=_resolve(env.get("BOOKWORTH_COMPANIES") or "seeds/companies"),
            warehouse_dir=_resolve(env.get("BOOKWORTH_WAREHOUSE") or "warehouse"),
            key_file=_resolve(key_file) if key_file else None,
            prints_pdf=(env.get("BOOKWORTH_PDF") or "").lower() in ("1", "yes", "true"),
        )

    def paths(self, company_id: str) -> CompanyPaths:
        """Folders of a company. The id must have been checked by `companies.check_company_id`."""
        home = self.companies_dir / company_id
        return CompanyPaths(
            deliveries=home / "deliveries",
            config_file=home / "company.yaml",
            root=self.warehouse_dir / company_id,
        )


def _resolve(value: str) -> Path:
    path = Path(value).expanduser()
    return path if path.is_absolute() else PROJECT_ROOT / path


def dbt_executable() -> Path:
    """dbt of this environment, whatever PATH says."""
    return Path(sys.executable).parent / "dbt"
