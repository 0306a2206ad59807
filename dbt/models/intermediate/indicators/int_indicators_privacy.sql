-- Privacy and security. Shares of the staff count whoever is there at as-of.
with

current_run as (
    select * from {{ ref('int_runs_prepared') }}
    where run = 'current'
),

consents as (
    select * from {{ ref('int_consents_prepared') }}
),

customers as (
    select customer_id from {{ ref('dim_customers') }}
    where is_customer
),

by_purpose as (
    select * from {{ ref('fct_consent_coverage') }}
),

live_consents as (
    select distinct customer_id
    from consents
    where is_live
),

consenting as (
    select
        count(*) as customers,
        sum(case when live_consents.customer_id is not null then 1 else 0 end) as consenting
    from customers
    left join live_consents on customers.customer_id = live_consents.customer_id
),

controls as (
    select
        count(*) as controls,
        sum(case when status = 'in_place' then 1 else 0 end) as in_place,
        sum(case when status = 'in_place' and not is_reviewed_12m then 1 else 0 end) as stale
    from {{ ref('fct_security_controls') }}
),

exports as (
    select
        count(*) as exports,
        sum(case when coalesce(events.is_approved, false) then 0 else 1 end) as unapproved
    from {{ ref('stg_crm__access_log') }} as events
    cross join current_run
    where
        events.removed_on is null
        and events.action = 'export'
        and events.occurred_on >= current_run.window_start_on
        and events.occurred_on < current_run.cut_on
),

incidents as (
    select
        count(*) as known,
        sum(case when is_in_window then 1 else 0 end) as incidents,
        sum(case when is_in_window and has_responsible and has_outcome then 1 else 0 end) as answered_for
    from {{ ref('fct_security_incidents') }}
),

incident_kinds as (
    select
        kind,
        count(*) as incidents
    from {{ ref('fct_security_incidents') }}
    where is_in_window
    group by kind
),

trained as (
    select distinct training.staff_id
    from {{ ref('stg_crm__training') }} as training
    cross join current_run
    where
        training.removed_on is null
        and training.topic = 'privacy'
        and training.completed_on >= current_run.window_start_on
        and training.completed_on < current_run.cut_on
),

staff as (
    select
        count(*) as people,
        sum(case when trained.staff_id is not null then 1 else 0 end) as trained
    from {{ ref('int_staff_prepared') }} as staff
    left join trained on staff.staff_id = trained.staff_id
    where staff.is_there
),

measured as (
    select
        'consent_coverage' as indicator_code,
        '' as breakdown,
        '' as breakdown_value,
        cast(null as double) as value,
        cast(consenting as double) as numerator,
        cast(customers as double) as denominator,
        customers as n
    from consenting
    union all
    select
        'consent_coverage',
        'purpose',
        purpose,
        null,
        customers_consenting,
        customers,
        customers
    from by_purpose
    union all
    select
        'transfer_consent_coverage',
        '',
        '',
        null,
        customers_consenting,
        customers,
        customers
    from by_purpose
    where purpose = 'transfer'
    union all
    select
        'control_coverage',
        '',
        '',
        null,
        in_place,
        controls,
        controls
    from controls
    union all
    select
        'control_staleness',
        '',
        '',
        null,
        stale,
        in_place,
        in_place
    from controls
    union all
    select
        'unapproved_exports',
        '',
        '',
        null,
        unapproved,
        exports,
        exports
    from exports
    union all
    select
        'incidents_12m',
        '',
        '',
        incidents,
        null,
        null,
        known
    from incidents
    where known > 0
    union all
    select
        'incidents_12m',
        'kind',
        kind,
        incidents,
        null,
        null,
        incidents
    from incident_kinds
    union all
    select
        'incident_accountability',
        '',
        '',
        null,
        answered_for,
        incidents,
        incidents
    from incidents
    union all
    select
        'privacy_training_coverage',
        '',
        '',
        null,
        trained,
        people,
        people
    from staff
)

select
    indicator_code,
    breakdown,
    breakdown_value,
    cast(value as double) as value,
    cast(numerator as double) as numerator,
    cast(denominator as double) as denominator,
    cast(n as bigint) as n,
    cast(null as double) as ci_low,
    cast(null as double) as ci_high
from measured
