"""Tables of consent, control, systems, the team and the plans of the company."""

from __future__ import annotations

from dagster_project.report.marts.mart import Mart

# Staff are people too: what a small team costs or how long it has been there would be that of one of them.
MARTS = (
    Mart(
        "governance.fct_consent_coverage",
        "privacy",
        "purpose",
        "purpose:label customers:people customers_consenting:people customer_share:share<customers_consenting"
        " customers_withdrawn:people customers_active:people customers_active_consenting:people"
        " revenue_net_12m_consenting:money<customers_active_consenting"
        " revenue_share:share<customers_active_consenting",
        is_alone=True,
    ),
    Mart(
        "governance.fct_security_controls",
        "privacy",
        "control",
        "control:label status:label/control_status reviewed_on:date is_reviewed_12m:flag has_evidence:flag",
    ),
    Mart(
        "governance.fct_access_audit",
        "privacy",
        "action",
        "action:label/access_action events:count! approved:count! refused_or_unapproved:count!"
        " approval_not_recorded:count!",
        select="""
        select
            action,
            cast(sum(events) as bigint) as events,
            cast(sum(approved) as bigint) as approved,
            cast(sum(refused_or_unapproved) as bigint) as refused_or_unapproved,
            cast(sum(approval_not_recorded) as bigint) as approval_not_recorded
        from governance.fct_access_audit
        group by action
        """,
    ),
    Mart(
        "governance.fct_security_incidents",
        "privacy",
        "kind",
        "kind:text incidents:count! still_open:count! with_responsible:count! with_outcome:count!"
        " records_affected:count!",
        select="""
        select
            kind,
            cast(count(*) as integer) as incidents,
            cast(count(*) filter (where is_open) as integer) as still_open,
            cast(count(*) filter (where has_responsible) as integer) as with_responsible,
            cast(count(*) filter (where has_outcome) as integer) as with_outcome,
            sum(records_affected) as records_affected
        from governance.fct_security_incidents
        group by kind
        """,
    ),
    Mart(
        "governance.fct_crm_adoption",
        "crm",
        "month_on",
        "month_on:date people:count! people_there:count! logins:count! records_created:count! records_updated:count!",
        select="""
        select
            month_on,
            cast(sum(people) as integer) as people,
            cast(sum(people_there) as integer) as people_there,
            cast(sum(logins) as bigint) as logins,
            cast(sum(records_created) as bigint) as records_created,
            cast(sum(records_updated) as bigint) as records_updated
        from governance.fct_crm_adoption
        group by month_on
        """,
    ),
    Mart(
        "governance.fct_team_capacity",
        "crm",
        "team",
        "team:text people:people joined_12m:count<people left_12m:count<people tenure_median_years:score<people"
        " annual_cost:money<people training_hours_12m:score<people customers_active:people"
        " tickets_12m:count<people",
    ),
    Mart(
        "governance.fct_targets",
        "strategy",
        "indicator_code period_start",
        "indicator_code:label period_start:date period_end:date target:figure! actual:figure! attainment:share!"
        " is_set_before:flag status:label reason:bilingual/reason,reason_zh",
        repeats="actual attainment",
    ),
    Mart(
        "governance.fct_targets",
        "strategy",
        "indicator_code",
        "indicator_code:label period_end:date attainment:share!",
        name="targets_latest",
        repeats="attainment",
        select="""
        select * from governance.fct_targets
        where status in ('met', 'missed')
        qualify row_number() over (partition by indicator_code order by period_end desc, period_start desc) = 1
        """,
    ),
    Mart(
        "governance.fct_initiatives",
        "strategy",
        "initiative_id",
        "initiative_id:code indicator_code:label started_on:date ended_on:date status:label budget:money! cost:money!"
        " is_done:flag is_in_budget:flag value_before:figure! value_after:figure! change:figure! is_improved:flag",
        repeats="value_before value_after change is_improved",
    ),
    Mart(
        "quality.fct_ledger_bridge",
        "data_quality",
        "ledger",
        "ledger:label customers:people revenue_net:money<customers ledger_amount:money<customers"
        " due_later_amount:money<customers unexplained_amount:money<customers"
        " unexplained_either_way:money<customers orders_unexplained:count<customers",
        is_alone=True,
        select="""
        select
            ledger,
            cast(count(*) as integer) as customers,
            sum(revenue_net) as revenue_net,
            sum(ledger_amount) as ledger_amount,
            sum(due_later_amount) as due_later_amount,
            sum(unexplained_amount) as unexplained_amount,
            sum(unexplained_either_way) as unexplained_either_way,
            cast(sum(orders_unexplained) as integer) as orders_unexplained
        from quality.fct_ledger_bridge
        group by ledger
        """,
    ),
)
