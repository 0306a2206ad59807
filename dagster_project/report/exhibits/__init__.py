"""What each dimension's chapter shows before its indicators. Adding one is an entry here."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from dagster_project.report.content import Block
from dagster_project.report.data import ReportData
from dagster_project.report.exhibits import book, channels, governance, risk, service, time, worth
from dagster_project.report.exhibits.cohorts import cohorts
from dagster_project.report.exhibits.growth import growth
from dagster_project.report.exhibits.mix import mix
from dagster_project.report.exhibits.quality import quality

EXHIBITS: Mapping[str, tuple[Callable[[ReportData], list[Block]], ...]] = {
    "scale": (growth,),
    "structure": (mix, book.revenue_by_customer, book.revenue_by_product),
    "satisfaction": (service.topics, service.trend),
    "loyalty": (time.repeat, time.referrals, service.tiers),
    "retention": (time.survival, time.by_year, cohorts, time.recurring, time.warning, time.reasons),
    "value": (
        worth.equity,
        worth.bridge,
        worth.stress,
        time.lorenz,
        time.deciles,
        book.transitions,
        book.backlog,
        worth.forecast,
        worth.backtest,
    ),
    "segmentation": (book.rfm_map, book.segments, book.affinity),
    "channels": (channels.funnel, channels.conversion, channels.cost, channels.channels, channels.partners),
    "service": (service.causes, service.waiting),
    "relationship": (service.care, risk.key_people),
    "data_quality": (quality,),
    "risk": (risk.concentration, risk.receivables, risk.contracts),
    "market": (risk.markets,),
    "privacy": (governance.consent,),
    "crm": (governance.adoption,),
    "strategy": (governance.targets, book.actions),
}
