-- The unbroken stretches in which a customer is active, in months counted towards as-of (period 0 ends at as-of,
-- period -1 a month earlier). A purchase keeps a customer active for `active_months` closes; a live contract, while
-- it is live. State at any month end is whether a spell covers it. int_customer_spells_merged is the same by id.
with

current_run as (
    select * from {{ ref('int_runs_prepared') }}
    where run = 'current'
),

months as (
    select * from {{ ref('int_customer_months_keyed') }}
    where orders > 0
),

contracts as (
    select * from {{ ref('int_contracts_prepared') }}
),

keys as (
    select * from {{ ref('int_customer_keys') }}
),

days as (
    select * from {{ ref('int_calendar_days_spined') }}
),

purchases as (
    select
        months.customer_key,
        -months.months_back as starts_period,
        -least(
            months.months_back,
            case when current_run.is_active_from_event then event_days.months_back end
        ) as sign_period,
        current_run.active_months
    from months
    cross join current_run
    left join days as event_days on months.last_event_on = event_days.day_on
),

-- Live at a month's close only if the last day is not before it. An end beyond the calendar is no end yet; a contract
-- that ended before it began never was live.
contract_terms as (
    select
        keys.customer_key,
        -start_days.months_back as starts_period,
        case
            when end_days.day_on is null then 0
            else -end_days.months_back - case when end_days.is_period_close then 0 else 1 end
        end as ends_period
    from contracts
    cross join current_run
    inner join keys on contracts.customer_id = keys.customer_id
    inner join days as start_days on contracts.starts_on = start_days.day_on
    left join days as end_days on contracts.live_until_on = end_days.day_on
    where
        current_run.is_active_by_contract
        and contracts.starts_on < current_run.cut_on
        and (contracts.live_until_on is null or contracts.live_until_on >= contracts.starts_on)
),

active_stretches as (
    select
        customer_key,
        starts_period,
        sign_period + active_months - 1 as ends_period,
        sign_period
    from purchases
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
    customer_key,
    cast(row_number() over spells as integer) as spell_number,
    cast(starts_period as integer) as starts_period,
    cast(coalesce(lead(reached_period) over spells, last_period) as integer) as ends_period,
    -- The last purchase, event or contract month: the spell runs on from it for as long as silence is no loss yet.
    cast(coalesce(lead(reached_sign_period) over spells, last_sign_period) as integer) as last_sign_period
from beginnings
window spells as (partition by customer_key order by starts_period)
