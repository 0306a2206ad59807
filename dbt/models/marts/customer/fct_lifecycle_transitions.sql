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

-- A month is too many rows to write out for every customer. Between two closes a month apart a stage either goes on,
-- which is counted by its edges, or the next one begins.
stays as (
    select
        lifecycle_stage,
        starts_period,
        ends_period,
        count(*) as customers
    from stages
    group by
        lifecycle_stage,
        starts_period,
        ends_period
),

befores as (
    select
        lifecycle_stage,
        starts_period,
        lag(lifecycle_stage) over by_time as from_stage,
        lag(starts_period) over by_time as from_starts_period
    from stages
    window by_time as (partition by customer_id order by starts_period)
),

changes as (
    select
        lifecycle_stage,
        starts_period,
        from_stage,
        from_starts_period,
        count(*) as customers
    from befores
    group by
        lifecycle_stage,
        starts_period,
        from_stage,
        from_starts_period
),

-- Years are few: the stage of every customer at each of their edges.
edges as (
    select
        periods.closes_period,
        stages.customer_id,
        stages.lifecycle_stage,
        stages.starts_period
    from periods
    inner join stages
        on
            periods.closes_period >= stages.starts_period
            and (stages.ends_period is null or periods.closes_period <= stages.ends_period)
    where periods.period_type = 'year'
),

-- Everybody known at the close, with the stage at the opening; who was not known then comes from `unknown`.
moves as (
    select
        'month' as period_type,
        periods.closes_period,
        stays.lifecycle_stage as from_stage,
        stays.lifecycle_stage as to_stage,
        stays.customers,
        periods.opens_period - stays.starts_period + 1 as months_in_from_stage
    from periods
    inner join stays
        on
            periods.opens_period >= stays.starts_period
            and (stays.ends_period is null or periods.closes_period <= stays.ends_period)
    where periods.period_type = 'month'

    union all

    select
        'month' as period_type,
        periods.closes_period,
        coalesce(changes.from_stage, 'unknown') as from_stage,
        changes.lifecycle_stage as to_stage,
        changes.customers,
        periods.opens_period - changes.from_starts_period + 1 as months_in_from_stage
    from periods
    inner join changes on periods.closes_period = changes.starts_period
    where periods.period_type = 'month'

    union all

    select
        'year' as period_type,
        closing.closes_period,
        coalesce(opening.lifecycle_stage, 'unknown') as from_stage,
        closing.lifecycle_stage as to_stage,
        1 as customers,
        closing.closes_period - 12 - opening.starts_period + 1 as months_in_from_stage
    from edges as closing
    left join edges as opening
        on
            closing.customer_id = opening.customer_id
            and closing.closes_period - 12 = opening.closes_period
),

counted as (
    select
        period_type,
        closes_period,
        from_stage,
        to_stage,
        sum(customers) as customers,
        sum(customers * months_in_from_stage)
        / cast(nullif(sum(case when months_in_from_stage is not null then customers end), 0) as double)
            as months_in_from_stage
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
