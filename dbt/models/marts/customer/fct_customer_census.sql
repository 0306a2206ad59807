with

current_run as (
    select * from {{ ref('int_runs_prepared') }}
    where run = 'current'
),

spells as (
    select * from {{ ref('int_customer_spells_keyed') }}
),

numbers as (
    {{ number_rows(1800) }}
),

reach as (
    select min(starts_period) as first_period from spells
),

periods as (
    select 1 - numbers.n as closes_period
    from numbers
    cross join reach
    where 1 - numbers.n >= reach.first_period
),

-- Spells by their edges: how many customers, not which, is all that a month needs.
edges as (
    select
        spell_number,
        starts_period,
        ends_period,
        count(*) as spells
    from spells
    group by
        spell_number,
        starts_period,
        ends_period
),

-- A month is one step. Spells are a month apart at least, so whoever is not active at its opening and is at its close
-- began a spell in it, and whoever the other way round ended one.
months as (
    select
        'month' as period_type,
        periods.closes_period,
        periods.closes_period - 1 as opens_period,
        sum(case when edges.starts_period < periods.closes_period then edges.spells else 0 end) as opening,
        sum(
            case
                when edges.starts_period = periods.closes_period and edges.spell_number = 1 then edges.spells
                else 0
            end
        ) as new,
        sum(
            case
                when edges.starts_period = periods.closes_period and edges.spell_number > 1 then edges.spells
                else 0
            end
        ) as reactivated,
        sum(case when edges.ends_period < periods.closes_period then edges.spells else 0 end) as lost,
        sum(case when edges.ends_period >= periods.closes_period then edges.spells else 0 end) as closing
    from periods
    inner join edges
        on
            periods.closes_period >= edges.starts_period
            and periods.closes_period <= edges.ends_period + 1
    group by periods.closes_period
),

-- A year steps twelve months and ends at as-of: one row per customer and year, active at its opening or its close.
standing as (
    select
        periods.closes_period,
        spells.customer_key,
        max(case when spells.starts_period <= periods.closes_period - 12 then 1 else 0 end) as was_active,
        max(case when spells.ends_period >= periods.closes_period then 1 else 0 end) as is_active,
        min(spells.spell_number) as spell_number
    from periods
    inner join spells
        on
            periods.closes_period >= spells.starts_period
            and periods.closes_period <= spells.ends_period + 12
            and (
                periods.closes_period >= spells.starts_period + 12
                or periods.closes_period <= spells.ends_period
            )
    where periods.closes_period % 12 = 0
    group by
        periods.closes_period,
        spells.customer_key
),

first_periods as (
    select
        customer_key,
        starts_period as first_period
    from spells
    where spell_number = 1
),

years as (
    select
        'year' as period_type,
        standing.closes_period,
        standing.closes_period - 12 as opens_period,
        sum(standing.was_active) as opening,
        sum(
            case
                when standing.was_active = 0 and first_periods.first_period > standing.closes_period - 12 then 1
                else 0
            end
        ) as new,
        sum(
            case
                when standing.was_active = 0 and first_periods.first_period <= standing.closes_period - 12 then 1
                else 0
            end
        ) as reactivated,
        sum(case when standing.is_active = 0 then 1 else 0 end) as lost,
        sum(standing.is_active) as closing
    from standing
    inner join first_periods on standing.customer_key = first_periods.customer_key
    group by standing.closes_period
),

unioned as (
    select * from months
    union all
    select * from years
),

counted as (
    select
        unioned.*,
        case when current_run.is_one_purchase then unioned.lost else 0 end as lost_completed
    from unioned
    cross join current_run
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
