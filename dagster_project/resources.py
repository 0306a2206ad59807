"""What every asset shares: the company a run is about, its lock, and how its failures are told."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import dagster as dg
from pydantic import PrivateAttr

from dagster_project.companies import BookworthError, Company, check_company_id, load_company
from dagster_project.publish import ledger, stages
from dagster_project.publish.errors import CompanyBusy
from dagster_project.publish.lock import company_lock
from dagster_project.settings import CompanyPaths, Settings

# Partitions on checks are new in this Dagster, which says so once for every check.
warnings.filterwarnings("ignore", message=".*partitions_def on an AssetCheckSpec", category=dg.PreviewWarning)

PARTITION_TAG = "dagster/partition"
OWNERS = ["team:customer-due-diligence"]

company_partitions = dg.DynamicPartitionsDefinition(name="company")

# What a run says while it works; the command line puts its own printer here.
progress: Callable[[str, str], None] = lambda company_id, message: None  # noqa: E731


def code_reference(*functions: Callable[..., object]) -> dict[str, dg.CodeReferencesMetadataValue]:
    """Metadata that lets the UI open the functions an asset is made by."""
    references: list[dg.LocalFileCodeReference | dg.UrlCodeReference] = [
        dg.LocalFileCodeReference(
            file_path=function.__code__.co_filename,
            line_number=function.__code__.co_firstlineno,
            label=f"{function.__module__}.{function.__name__}",
        )
        for function in map(inspect.unwrap, functions)
    ]
    return {"dagster/code_references": dg.CodeReferencesMetadataValue(code_references=references)}


class CompanyRun(dg.ConfigurableResource):
    """The company of this run. The first stage takes the company's lock; the end of the run gives it back."""

    _stack: ExitStack = PrivateAttr(default_factory=ExitStack)
    _instance: dg.DagsterInstance | None = PrivateAttr(default=None)
    _company_id: str = PrivateAttr(default="")
    _run_id: str = PrivateAttr(default="")
    _is_locked: bool = PrivateAttr(default=False)
    _is_begun: bool = PrivateAttr(default=False)
    _shortfall: str = PrivateAttr(default="the run stopped before it published")

    def setup_for_execution(self, context: dg.InitResourceContext) -> None:
        if context.run is not None:
            self._company_id = context.run.tags.get(PARTITION_TAG, "")
            self._run_id = context.run.run_id
            self._instance = context.instance

    def teardown_after_execution(self, context: dg.InitResourceContext) -> None:
        try:
            if self._is_begun:
                self._end("failed", self._shortfall)
        finally:
            self._stack.close()
            self._is_locked = False

    @property
    def settings(self) -> Settings:
        return Settings.from_env()

    @property
    def paths(self) -> CompanyPaths:
        if not self._company_id:
            raise dg.Failure("Pick a company: every asset is one partition per company.", allow_retries=False)
        return self.settings.paths(check_company_id(self._company_id))

    @property
    def company(self) -> Company:
        return load_company(self.settings, self._company_id)

    def begin(self) -> None:
        """Open the run in the company's ledger; unless it publishes, it ends there as failed."""
        ledger.begin_run(self.paths, self._run_id)
        self._is_begun = True

    def published(self, generation: int, message: str, is_unchanged: bool) -> None:
        """Close the run in the ledger."""
        if self._is_begun:
            self._end("unchanged" if is_unchanged else "published", message, generation)

    def fell_short(self, message: str) -> None:
        """Keep why the run will not publish, in words a user can act on."""
        self._shortfall = message

    @contextmanager
    def stage(self, name: str) -> Iterator[CompanyPaths]:
        """Do one stage under the company's lock.

        A user's mistake becomes a failure that says what to mend, without a traceback and without a retry. A stage
        that ends well is marked as done by this run.
        """
        try:
            self._lock()
            progress(self._company_id, name.replace("_", " "))
            yield self.paths
        except CompanyBusy as error:
            ledger.end_run(self.paths, self._run_id, "refused", message=str(error))
            raise dg.Failure(description=str(error), allow_retries=False) from None
        except BookworthError as error:
            self.fell_short(str(error))
            raise dg.Failure(description=str(error), allow_retries=False) from None
        except dg.Failure as failure:
            self.fell_short(failure.description or f"{name} failed")
            raise
        except Exception as error:
            self.fell_short(f"{name} failed: {type(error).__name__}; the run's log has the details")
            raise
        if name in stages.STAGES:
            stages.mark_stage(self.paths, name, self._run_id)

    def _lock(self) -> None:
        if not self._is_locked:
            self._stack.enter_context(company_lock(self.paths, f"run {self._run_id[:8]}"))
            self._is_locked = True
            if self._instance is not None:
                _fail_dead_runs(self._instance, self._company_id, self._run_id)

    def _end(self, outcome: ledger.Outcome, message: str, generation: int | None = None) -> None:
        ledger.end_run(self.paths, self._run_id, outcome, message=message, generation=generation)
        self._is_begun = False


def _fail_dead_runs(instance: dg.DagsterInstance, company_id: str, run_id: str) -> None:
    """Whoever holds the lock is the company's only living run: any other that claims to work was killed."""
    claiming = dg.RunsFilter(
        tags={PARTITION_TAG: company_id}, statuses=[dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING]
    )
    for run in instance.get_runs(claiming):
        if run.run_id != run_id:
            instance.report_run_failed(run, "Its process is gone; a later run found the company's lock free.")
            instance.event_log_storage.free_concurrency_slots_for_run(run.run_id)
