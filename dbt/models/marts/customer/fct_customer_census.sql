with

current_run as (
    select * from {{ ref('int_runs_prepared') }}
    where run = 'current'
),

spells as (
    select * from {{ ref('int_customer_spells_merged') }}
),

numbers as (
    {{ number_rows(1800) }}
),

reach as (
    select min(starts_period) as first_period from spells
),

-- A month is one step; a year ends at as-of and steps twelve months.
periods as (
    select
        'month' as period_type,
        1 - numbers.n as closes_period,
        -numbers.n as opens_period
    from numbers
    cross join reach
    where 1 - numbers.n >= reach.first_period

    union all

    select
        'year' as period_type,
        -12 * (numbers.n - 1) as closes_period,
        -12 * numbers.n as opens_period
    from numbers
    cross join reach
    where -12 * (numbers.n - 1) >= reach.first_period
),

-- One row per customer and period in which the customer is active at its opening or its close.
standing as (
    select
        periods.period_type,
        periods.closes_period,
        periods.opens_period,
        spells.customer_id,
        max(case when spells.starts_period <= periods.opens_period then 1 else 0 end) as was_active,
        max(case when spells.ends_period >= periods.closes_period then 1 else 0 end) as is_active,
        min(spells.spell_number) as spell_number
    from periods
    inner join spells
        on
            periods.closes_period >= spells.starts_period
            and periods.opens_period <= spells.ends_period
            and (
                periods.opens_period >= spells.starts_period
                or periods.closes_period <= spells.ends_period
            )
    group by
        periods.period_type,
        periods.closes_period,
        periods.opens_period,
        spells.customer_id
),

first_periods as (
    select
        customer_id,
        min(starts_period) as first_period
    from spells
    group by customer_id
),

counted as (
    select
        standing.period_type,
        standing.closes_period,
        standing.opens_period,
        sum(standing.was_active) as opening,
        sum(case when standing.was_active = 0 and first_periods.first_period > standing.opens_period then 1 else 0 end)
            as new,
        sum(case when standing.was_active = 0 and first_periods.first_period <= standing.opens_period then 1 else 0 end)
            as reactivated,
        sum(case when standing.is_active = 0 then 1 else 0 end) as lost,
        sum(case when standing.is_active = 0 and current_run.is_one_purchase then 1 else 0 end) as lost_completed,
        sum(standing.is_active) as closing
    from standing
    inner join first_periods on standing.customer_id = first_periods.customer_id
    cross join current_run
    group by
        standing.period_type,
        standing.closes_period,
        standing.opens_period
)

select
    counted.period_type,
    cast(
        {{ dbt.dateadd('day', -1, add_months('current_run.cut_on', 'counted.opens_period')) }} as date
    ) as opens_after_on,
    cast(
        {{ dbt.dateadd('day', -1, add_months('current_run.cut_on', 'counted.closes_period')) }} as date
    ) as period_end_on,
    cast(-counted.closes_period as integer) as months_back,
    cast(counted.opening as integer) as opening,
    cast(counted.new as integer) as new,
    cast(counted.reactivated as integer) as reactivated,
    cast(counted.lost as integer) as lost,
    cast(counted.lost_completed as integer) as lost_completed,
    cast(counted.closing as integer) as closing
from counted
cross join current_run
