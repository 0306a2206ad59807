"""When a company is refreshed: when asked, every night, and when a delivery has arrived; and who hears of failures."""

import json

import dagster as dg

from dagster_project.alerts import Alert, alert_url, send_alert
from dagster_project.companies import find_companies
from dagster_project.ingest.arrivals import arrivals
from dagster_project.publish.generations import status
from dagster_project.resources import PARTITION_TAG, company_partitions
from dagster_project.settings import Settings

# Dagster's console log repeats every event; what people follow is the summary, the UI and the ledger.
refresh = dg.define_asset_job(
    "refresh",
    selection=dg.AssetSelection.all(),
    partitions_def=company_partitions,
    description="Everything for one company: read, judge, build, report, publish.",
    op_retry_policy=dg.RetryPolicy(max_retries=1, delay=10),
)


@dg.schedule(
    job=refresh,
    cron_schedule="0 2 * * *",
    execution_timezone="Asia/Shanghai",
    default_status=dg.DefaultScheduleStatus.STOPPED,
    description="Every company, every night; switch it on in the UI or with `dagster schedule start nightly`.",
)
def nightly(context: dg.ScheduleEvaluationContext) -> list[dg.RunRequest]:
    companies = find_companies(Settings.from_env())
    _add_partitions(context.instance, companies)
    night = context.scheduled_execution_time.date().isoformat()
    return [dg.RunRequest(run_key=f"{night}:{company}", partition_key=company) for company in companies]


@dg.sensor(
    job=refresh,
    minimum_interval_seconds=60,
    default_status=dg.DefaultSensorStatus.STOPPED,
    description="A new company, or a delivery with a _READY file or whose files stopped growing since the last look.",
)
def deliveries(context: dg.SensorEvaluationContext) -> dg.SensorResult:
    settings = Settings.from_env()
    companies = find_companies(settings)
    before = json.loads(context.cursor) if context.cursor else {}
    seen = {company: arrivals(settings.paths(company).deliveries) for company in companies}
    _add_partitions(context.instance, companies)
    ready = [
        dg.RunRequest(run_key=f"{company}:{state.fingerprint}", partition_key=company)
        for company, state in seen.items()
        if state.fingerprint and (state.is_marked_ready or before.get(company) == state.fingerprint)
    ]
    return dg.SensorResult(
        run_requests=ready, cursor=json.dumps({company: state.fingerprint for company, state in seen.items()})
    )


@dg.sensor(
    minimum_interval_seconds=60,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Makes a partition of every folder with a company.yaml, so that it can be picked; starts no run.",
)
def companies(context: dg.SensorEvaluationContext) -> dg.SkipReason:
    found = find_companies(Settings.from_env())
    _add_partitions(context.instance, found)
    return dg.SkipReason(f"Companies that can be picked: {', '.join(found) or 'none'}.")


@dg.run_failure_sensor(
    monitored_jobs=[refresh],
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="A refresh failed: post its reason to BOOKWORTH_ALERT_URL, where that is set.",
)
def failures(context: dg.RunFailureSensorContext) -> dg.SkipReason | None:
    url = alert_url()
    if url is None:
        return dg.SkipReason("BOOKWORTH_ALERT_URL is not set.")
    # An alert that nobody takes fails the tick, which the sensor's page shows.
    send_alert(url, _alert(context.dagster_run))
    return None


def _alert(run: dg.DagsterRun) -> Alert:
    company = run.tags.get(PARTITION_TAG, "")
    standing = status(Settings.from_env().paths(company))
    last = standing.last_run
    # The ledger has the reason in words; a run that died before its first stage is not in it.
    is_own = last is not None and last.run_id == run.run_id
    reason = last.message if last is not None and is_own else "the run died; its page in the UI has the log"
    current = standing.generation.number if standing.generation else None
    stays = f"generation {current} stays published" if current else "nothing is published yet"
    return Alert(company, run.run_id, f"{company}: refresh failed: {reason}; {stays}.", current)


def _add_partitions(instance: dg.DagsterInstance, companies: list[str]) -> None:
    known = set(instance.get_dynamic_partitions(str(company_partitions.name)))
    new = [company for company in companies if company not in known]
    if new:
        instance.add_dynamic_partitions(str(company_partitions.name), new)
