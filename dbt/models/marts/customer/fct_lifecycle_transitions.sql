with

current_run as (
    select * from {{ ref('int_runs_prepared') }}
    where run = 'current'
),

stages as (
    select * from {{ ref('int_customer_stages_spelled') }}
),

numbers as (
    {{ number_rows(150) }}
),

reach as (
    select min(starts_period) as first_period
    from stages
),

-- Years that end at as-of and at its anniversaries, and within the last two of them single months.
periods as (
    select
        'year' as period_type,
        -12 * (numbers.n - 1) as closes_period,
        -12 * numbers.n as opens_period
    from numbers
    cross join reach
    where -12 * (numbers.n - 1) >= reach.first_period

    union all

    select
        'month' as period_type,
        1 - numbers.n as closes_period,
        -numbers.n as opens_period
    from numbers
    cross join reach
    where numbers.n <= 24 and 1 - numbers.n >= reach.first_period
),

-- Everybody known at the close, with the stage at the opening; who was not known then comes from `unknown`.
moves as (
    select
        periods.period_type,
        periods.closes_period,
        stages.customer_id,
        coalesce(opening.lifecycle_stage, 'unknown') as from_stage,
        stages.lifecycle_stage as to_stage,
        periods.opens_period - opening.starts_period + 1 as months_in_from_stage
    from periods
    inner join stages
        on
            periods.closes_period >= stages.starts_period
            and (stages.ends_period is null or periods.closes_period <= stages.ends_period)
    left join stages as opening
        on
            stages.customer_id = opening.customer_id
            and periods.opens_period >= opening.starts_period
            and (opening.ends_period is null or periods.opens_period <= opening.ends_period)
),

counted as (
    select
        period_type,
        closes_period,
        from_stage,
        to_stage,
        count(*) as customers,
        avg(months_in_from_stage) as months_in_from_stage
    from moves
    group by
        period_type,
        closes_period,
        from_stage,
        to_stage
)

select
    counted.period_type,
    cast(
        {{ dbt.dateadd('day', -1, add_months('current_run.cut_on', 'counted.closes_period')) }} as date
    ) as period_end_on,
    cast(-counted.closes_period as integer) as months_back,
    counted.from_stage,
    counted.to_stage,
    cast(counted.customers as integer) as customers,
    cast(sum(counted.customers) over (
        partition by counted.period_type, counted.closes_period, counted.from_stage
    ) as integer) as from_customers,
    {{ steady(
        "counted.customers / cast(sum(counted.customers) over ("
        "partition by counted.period_type, counted.closes_period, counted.from_stage) as double)"
    ) }} as share,
    {{ steady('counted.months_in_from_stage') }} as months_in_from_stage
from counted
cross join current_run
