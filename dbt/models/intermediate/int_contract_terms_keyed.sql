-- From when to when each contract makes its customer active, in months counted towards as-of, where the trade counts
-- contracts at all. Live at a month's close only if the last day is not before it. An end beyond the calendar is no end
-- yet; a contract that ended before it began never was live.
with

current_run as (
    select * from {{ ref('int_runs_prepared') }}
    where run = 'current'
),

keys as (
    select * from {{ ref('int_customer_keys') }}
),

days as (
    select * from {{ ref('int_calendar_days_spined') }}
)

select
    keys.customer_key,
    cast(-start_days.months_back as integer) as starts_period,
    cast(
        case
            when end_days.day_on is null then 0
            else -end_days.months_back - case when end_days.is_period_close then 0 else 1 end
        end as integer
    ) as ends_period
from {{ ref('int_contracts_prepared') }} as contracts
cross join current_run
inner join keys on contracts.customer_id = keys.customer_id
inner join days as start_days on contracts.starts_on = start_days.day_on
left join days as end_days on contracts.live_until_on = end_days.day_on
where
    current_run.is_active_by_contract
    and contracts.starts_on < current_run.cut_on
    and (contracts.live_until_on is null or contracts.live_until_on >= contracts.starts_on)
