"""The loaded records of an example company as a company of its own: canonical columns, one Parquet file an entity.

`cut_on` gives what the same company would have delivered earlier: no record born on or after that day, and nothing in a
record that only came to be known then. What carries no date (a status, an attribute) is as it is today, unless a dated
column of the same record says otherwise; docs/as-of.md lists what that touches.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import yaml

from dagster_project.ingest.contract import entities


@dataclass(frozen=True)
class Knowledge:
    """When a record is born (the first of these that is filled) and what is learnt later: a day, what goes with it."""

    born: tuple[str, ...] = ()
    learnt: tuple[tuple[str, tuple[str, ...]], ...] = ()
    also: str = "true"


def _learnt(**columns: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return tuple((column, tuple(others.split())) for column, others in columns.items())


KNOWLEDGE = {
    "customers": Knowledge(("created_at",), _learnt(deleted_at="", updated_at="")),
    "orders": Knowledge(
        ("ordered_at",), _learnt(cancelled_at="status", refunded_at="refund_amount status", fulfilled_at="status")
    ),
    "order_lines": Knowledge(also="order_id in (select order_id from kept.orders)"),
    "payments": Knowledge(("paid_at",)),
    "invoices": Knowledge(
        ("issued_on",),
        _learnt(settled_on="", disputed_on="", dispute_resolved_on="", written_off_on="written_off_amount"),
    ),
    "contracts": Knowledge(("signed_on", "starts_on"), _learnt(terminated_on="termination_reason status")),
    "contract_values": Knowledge(("effective_on",)),
    "leads": Knowledge(
        ("created_at",),
        _learnt(qualified_at="", quoted_at="", converted_at="customer_id", lost_at="lost_reason lost_to_competitor"),
    ),
    "needs": Knowledge(("recorded_at",)),
    "campaigns": Knowledge(("started_on",)),
    "campaign_spend": Knowledge(("period_start",)),
    "partners": Knowledge(("since_on",), _learnt(ends_on="")),
    "tickets": Knowledge(
        ("opened_at",),
        _learnt(
            first_response_at="",
            resolved_at="resolution satisfaction_score handling_minutes reopened_count is_adopted improvement_id",
        ),
    ),
    "survey_responses": Knowledge(("invited_at",), _learnt(responded_at="score comment")),
    "referrals": Knowledge(("referred_at",)),
    "loyalty_ledger": Knowledge(("occurred_at",)),
    "activities": Knowledge(("occurred_at",)),
    "contacts": Knowledge((), _learnt(left_on="")),
    "competitors": Knowledge(("as_of",)),
    "lost_customers": Knowledge(("lost_at",), _learnt(won_back_at="")),
    "staff": Knowledge(("hired_on",), _learnt(left_on="")),
    "training": Knowledge(("completed_on",)),
    "crm_usage": Knowledge(("used_on",)),
    "consents": Knowledge(("granted_at",), _learnt(withdrawn_at="")),
    "access_log": Knowledge(("occurred_at",)),
    "security_incidents": Knowledge(("occurred_at",), _learnt(closed_at="responsible_staff_id sanction")),
    "security_controls": Knowledge(),
    "legal_events": Knowledge(("opened_on",), _learnt(closed_on="outcome")),
    "market_reference": Knowledge(also="not coalesce(try_cast(vintage as integer) > year($cut_on::date - 1), false)"),
    "kpi_targets": Knowledge(("set_on",)),
    "initiatives": Knowledge(("started_on",), _learnt(ended_on="status cost")),
    "improvements": Knowledge(("opened_on",), _learnt(done_on="")),
    "qualitative_ratings": Knowledge(("rated_on",)),
    "seller_claims": Knowledge(("period_end",)),
    "crm_systems": Knowledge(("selected_on",)),
    "products": Knowledge(),
    "channels": Knowledge(),
}


def write_company(work: Path, settings: Path, home: Path, delivered_on: date, cut_on: date | None = None) -> None:
    """`home/company.yaml` and `home/deliveries/<delivered_on>/*.parquet` from the raw tables of a work file.

    Records that a later snapshot left out are not delivered again; customers are, for the book keeps them. The settings
    (profile, currency, assumptions) are those of `settings`, the example's own company.yaml.
    """
    known = yaml.safe_load(settings.read_text(encoding="utf-8"))
    known |= {"id": home.name, "as_of": "delivery", "sources": []}
    delivery = home / "deliveries" / str(delivered_on)
    delivery.mkdir(parents=True)
    with duckdb.connect() as connection:
        connection.execute(f"attach '{work}' as work (read_only)")
        connection.execute("create schema kept")
        for name, entity in entities().items():
            filled = _filled_columns(connection, name, [c.name for c in entity.columns.values() if not c.identifier])
            if not filled:
                continue
            knowledge = KNOWLEDGE[name]
            query = _select(name, filled, knowledge, cut_on is not None)
            connection.execute(f"create table kept.{name} as {query}", {"cut_on": cut_on} if "$cut_on" in query else {})
            if connection.execute(f"select count(*) from kept.{name}").fetchall() == [(0,)]:
                continue  # a file without a record is refused, and rightly
            connection.execute(f"copy kept.{name} to '{delivery / name}.parquet' (format parquet)")
            known["sources"].append(
                {
                    "entity": name,
                    "files": f"{name}.parquet",
                    "mode": "full",
                    "columns": {column: column for column in filled},
                }
            )
    (home / "company.yaml").write_text(yaml.safe_dump(known, allow_unicode=True, sort_keys=False), encoding="utf-8")


def _filled_columns(connection: duckdb.DuckDBPyConnection, entity: str, columns: list[str]) -> list[str]:
    counts = ", ".join(f'count("{column}")' for column in columns)
    found = connection.execute(f"select {counts} from work.raw.{entity}").fetchall()[0]
    return [column for column, filled in zip(columns, found, strict=True) if filled]


def _select(entity: str, columns: list[str], knowledge: Knowledge, is_cut: bool) -> str:
    kept = "true" if entity == "customers" else "_removed_on is null"
    if not is_cut:
        return f"select {', '.join(columns)} from work.raw.{entity} where {kept}"
    falls: dict[str, list[str]] = {}
    for learnt, others in knowledge.learnt:
        for column in (learnt, *others):
            if learnt in columns:
                # A customer who was on the book already is named from the first contact.
                also = f" and {column} not in (select {column} from kept.customers)" if column == "customer_id" else ""
                falls.setdefault(column, []).append(f"{learnt} >= $cut_on{also}")
    shown = ", ".join(
        f"case when {' or '.join(falls[c])} then null else {c} end as {c}" if c in falls else c for c in columns
    )
    born = [column for column in knowledge.born if column in columns]
    before = f"coalesce(coalesce({', '.join(born)}) < $cut_on, true)" if born else "true"
    also = knowledge.also if entity != "market_reference" or "vintage" in columns else "true"
    if entity == "customers":
        # Somebody who had ordered by then was on record, whatever day the record gives itself.
        before = f"({before} or customer_id in (select customer_id from work.raw.orders where ordered_at < $cut_on))"
    return f"select {shown} from work.raw.{entity} where {kept} and {before} and {also}"
