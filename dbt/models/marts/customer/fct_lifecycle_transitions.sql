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

years as (
    select
        -12 * (numbers.n - 1) as closes_period,
        -12 * numbers.n as opens_period
    from numbers
    cross join reach
    where -12 * (numbers.n - 1) >= reach.first_period
),

-- Everybody known at the close, with the stage at the opening; who was not known then comes from `unknown`.
yearly as (
    select
        years.closes_period,
        coalesce(opening.lifecycle_stage, 'unknown') as from_stage,
        stages.lifecycle_stage as to_stage,
        count(*) as customers,
        sum(years.opens_period - opening.starts_period + 1) as months
    from years
    inner join stages
        on
            years.closes_period >= stages.starts_period
            and (stages.ends_period is null or years.closes_period <= stages.ends_period)
    left join stages as opening
        on
            stages.customer_id = opening.customer_id
            and years.opens_period >= opening.starts_period
            and (opening.ends_period is null or years.opens_period <= opening.ends_period)
    group by
        years.closes_period,
        coalesce(opening.lifecycle_stage, 'unknown'),
        stages.lifecycle_stage
),

-- The last 24 months, without a row per customer and month: who moved is a row that begins there, who stayed is the
-- stage's head count at the opening less who moved.
months as (
    select
        1 - numbers.n as closes_period,
        -numbers.n as opens_period
    from numbers
    cross join reach
    where numbers.n <= 24 and 1 - numbers.n >= reach.first_period
),

moved as (
    select
        months.closes_period,
        coalesce(stages.stage_before, 'unknown') as from_stage,
        stages.lifecycle_stage as to_stage,
        count(*) as customers,
        sum(stages.starts_period - stages.starts_period_before) as months
    from months
    inner join stages on months.closes_period = stages.starts_period
    group by
        months.closes_period,
        coalesce(stages.stage_before, 'unknown'),
        stages.lifecycle_stage
),

entered_and_left as (
    select
        lifecycle_stage,
        starts_period as period,
        count(*) as customers,
        sum(starts_period) as starts
    from stages
    group by
        lifecycle_stage,
        starts_period

    union all

    select
        lifecycle_stage,
        ends_period + 1 as period,
        -count(*) as customers,
        -sum(starts_period) as starts
    from stages
    where ends_period is not null
    group by
        lifecycle_stage,
        ends_period + 1
),

opened as (
    select
        months.closes_period,
        entered_and_left.lifecycle_stage as stage,
        sum(entered_and_left.customers) as customers,
        sum(entered_and_left.customers) * (months.opens_period + 1) - sum(entered_and_left.starts) as months
    from months
    inner join entered_and_left on months.opens_period >= entered_and_left.period
    group by
        months.closes_period,
        months.opens_period,
        entered_and_left.lifecycle_stage
),

left_from as (
    select
        closes_period,
        from_stage,
        sum(customers) as customers,
        sum(months) as months
    from moved
    group by
        closes_period,
        from_stage
),

stayed as (
    select
        opened.closes_period,
        opened.stage,
        opened.customers - coalesce(left_from.customers, 0) as customers,
        opened.months - coalesce(left_from.months, 0) as months
    from opened
    left join left_from
        on
            opened.closes_period = left_from.closes_period
            and opened.stage = left_from.from_stage
),

moves as (
    select
        'year' as period_type,
        *
    from yearly
    union all
    select
        'month' as period_type,
        *
    from moved
    union all
    select
        'month' as period_type,
        closes_period,
        stage as from_stage,
        stage as to_stage,
        customers,
        months
    from stayed
    where customers > 0
),

counted as (
    select
        period_type,
        closes_period,
        from_stage,
        to_stage,
        customers,
        months / cast(customers as double) as months_in_from_stage
    from moves
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
