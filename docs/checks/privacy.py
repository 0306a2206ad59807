"""Privacy and security, by hand."""

from __future__ import annotations

from book import Book, by_hand

# Everybody who ever bought or was under contract.
CUSTOMERS = """
select distinct person_id from placed where person_id is not null
union
select person_id from contracts_signed where starts_on < (select cut from run)
"""
CONSENTING = """
select distinct people.person_id, consents.purpose
from consents
cross join run
inner join people on people.customer_id = consents.customer_id
where
    consents._removed_on is null
    and consents.granted_at < run.cut
    and (consents.withdrawn_at is null or consents.withdrawn_at >= run.cut)
"""


def _share_consenting(book: Book, purpose: str | None) -> float | None:
    customers = {person for (person,) in book.rows(CUSTOMERS)}
    consents = {person for person, of in book.rows(CONSENTING) if purpose is None or of == purpose}
    return len(customers & consents) / len(customers)


@by_hand("consent_coverage")
def consent_coverage(book: Book) -> float | None:
    return _share_consenting(book, None)


@by_hand("consent_coverage", "purpose")
def consent_coverage_by_purpose(book: Book) -> dict[str, float | None]:
    purposes = {purpose for (purpose,) in book.rows("select distinct purpose from consents")}
    return {purpose: _share_consenting(book, purpose) for purpose in purposes}


@by_hand("transfer_consent_coverage")
def transfer_consent_coverage(book: Book) -> float | None:
    return _share_consenting(book, "transfer")


@by_hand("control_coverage")
def control_coverage(book: Book) -> float:
    statuses = [status for (status,) in book.rows("select status from security_controls where _removed_on is null")]
    return statuses.count("in_place") / len(statuses)


@by_hand("control_staleness")
def control_staleness(book: Book) -> float:
    reviews = book.rows(
        "select reviewed_on between window_start and as_of from security_controls, run"
        " where status = 'in_place' and _removed_on is null"
    )
    return sum(not fresh for (fresh,) in reviews) / len(reviews)


@by_hand("unapproved_exports")
def unapproved_exports(book: Book) -> float:
    exports = book.rows(
        "select is_approved from access_log, run where action = 'export' and occurred_at >= window_start"
        " and occurred_at < cut and _removed_on is null"
    )
    return sum(approved is not True for (approved,) in exports) / len(exports)


INCIDENTS = """
from security_incidents, run
where occurred_at >= window_start and occurred_at < cut and _removed_on is null
"""


@by_hand("incidents_12m")
def incidents_12m(book: Book) -> int:
    return book.one(f"select count(*) {INCIDENTS}")


@by_hand("incidents_12m", "kind")
def incidents_by_kind(book: Book) -> dict[str, int]:
    return book.by(f"select kind, count(*) {INCIDENTS} group by kind")


@by_hand("incident_accountability")
def incident_accountability(book: Book) -> float:
    incidents = book.rows(f"select responsible_staff_id, sanction, closed_at < cut {INCIDENTS}")
    return sum(bool(who and outcome and closed) for who, outcome, closed in incidents) / len(incidents)


@by_hand("privacy_training_coverage")
def privacy_training_coverage(book: Book) -> float:
    return book.one(
        """
        select avg(cast(staff_id in (
            select staff_id from training, run
            where topic = 'privacy' and completed_on between window_start and as_of and training._removed_on is null
        ) as int))
        from staff, run
        where hired_on <= as_of and (left_on is null or left_on > as_of) and staff._removed_on is null
        """
    )
