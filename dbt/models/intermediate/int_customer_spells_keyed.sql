-- The unbroken stretches in which a customer is active, in months counted towards as-of (period 0 ends at as-of,
-- period -1 a month earlier). A purchase keeps a customer active for `active_months` closes; a live contract, while
-- it is live. State at any month end is whether a spell covers it. int_customer_spells_merged is the same by id.
with

current_run as (
    select * from {{ ref('int_runs_prepared') }}
    where run = 'current'
),

days as (
    select * from {{ ref('int_calendar_days_spined') }}
),

contract_terms as (
    select * from {{ ref('int_contract_terms_keyed') }}
),

purchases as (
    select * from {{ ref('int_purchase_stretches_keyed') }}
),

-- A purchase for an event to come keeps its customer until after the event.
waits as (
    select
        events.customer_key,
        -events.months_back as starts_period,
        -event_days.months_back + current_run.active_months - 1 as ends_period,
        -event_days.months_back as sign_period
    from {{ ref('int_revenue_events_keyed') }} as events
    inner join current_run on current_run.is_active_from_event
    inner join days as event_days on events.event_on = event_days.day_on
    where events.orders > 0 and event_days.months_back < events.months_back
),

-- Whose stretches may run into each other: those of purchases in one word of months do not.
mixed as (
    select customer_key from purchases
    where word_months_back > 0
    union
    select customer_key from waits
    union
    select customer_key from contract_terms
),

active_stretches as (
    select
        purchases.customer_key,
        purchases.starts_period,
        purchases.ends_period,
        purchases.sign_period
    from purchases
    inner join mixed on purchases.customer_key = mixed.customer_key
    union all
    select * from waits
    union all
    select
        customer_key,
        starts_period,
        greatest(starts_period, ends_period) as ends_period,
        greatest(starts_period, ends_period) as sign_period
    from contract_terms
),

-- One sort of all stretches: how far those before each of them reach, and how far all of them do.
reached as (
    select
        customer_key,
        starts_period,
        max(ends_period) over before_it as reached_period,
        max(sign_period) over before_it as reached_sign_period,
        max(ends_period) over whole as last_period,
        max(sign_period) over whole as last_sign_period
    from active_stretches
    window
        before_it as (
            partition by customer_key
            order by starts_period, ends_period
            rows between unbounded preceding and 1 preceding
        ),
        whole as (partition by customer_key)
),

-- A stretch that begins after a gap begins a spell, and what was reached before it ends the spell before.
beginnings as (
    select * from reached
    where reached_period is null or starts_period > reached_period + 1
)

select
    purchases.customer_key,
    purchases.stretch_number as spell_number,
    cast(purchases.starts_period as integer) as starts_period,
    cast(purchases.ends_period as integer) as ends_period,
    -- The last purchase, event or contract month: the spell runs on from it for as long as silence is no loss yet.
    cast(purchases.sign_period as integer) as last_sign_period
from purchases
left join mixed on purchases.customer_key = mixed.customer_key
where mixed.customer_key is null

union all

select
    customer_key,
    cast(row_number() over spells as integer) as spell_number,
    cast(starts_period as integer) as starts_period,
    cast(coalesce(lead(reached_period) over spells, last_period) as integer) as ends_period,
    cast(coalesce(lead(reached_sign_period) over spells, last_sign_period) as integer) as last_sign_period
from beginnings
window spells as (partition by customer_key order by starts_period)
