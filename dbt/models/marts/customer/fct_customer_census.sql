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

-- A year steps twelve months and ends at as-of. Spells of a customer do not overlap, so that edges count whoever is
-- active at a close; only who began a spell within the year needs looking at, for what the customer was at its opening.
begun as (
    select
        customer_key,
        spell_number,
        cast(-12 * floor(-starts_period / 12.0) as integer) as closes_period
    from spells
    where ends_period >= -12 * floor(-starts_period / 12.0)
),

earlier as (
    select
        begun.closes_period,
        begun.customer_key,
        max(case when spells.ends_period >= begun.closes_period - 12 then 1 else 0 end) as was_active
    from begun
    inner join spells
        on
            begun.customer_key = spells.customer_key
            and begun.spell_number > spells.spell_number
            and spells.starts_period <= begun.closes_period - 12
    where begun.spell_number > 1
    group by
        begun.closes_period,
        begun.customer_key
),

returned as (
    select
        closes_period,
        sum(was_active) as was_active,
        sum(1 - was_active) as reactivated
    from earlier
    group by closes_period
),

standing as (
    select
        periods.closes_period,
        sum(
            case
                when edges.starts_period <= periods.closes_period - 12
                    and edges.ends_period >= periods.closes_period - 12
                    then edges.spells
                else 0
            end
        ) as opening,
        sum(
            case
                when edges.starts_period <= periods.closes_period - 12 and edges.ends_period >= periods.closes_period
                    then edges.spells
                else 0
            end
        ) as stayed,
        sum(
            case
                when edges.starts_period <= periods.closes_period and edges.ends_period >= periods.closes_period
                    then edges.spells
                else 0
            end
        ) as closing
    from periods
    inner join edges
        on
            periods.closes_period >= edges.starts_period
            and periods.closes_period <= edges.ends_period + 12
    where periods.closes_period % 12 = 0
    group by periods.closes_period
),

years as (
    select
        'year' as period_type,
        standing.closes_period,
        standing.closes_period - 12 as opens_period,
        standing.opening,
        standing.closing - standing.stayed - coalesce(returned.was_active, 0) - coalesce(returned.reactivated, 0)
            as new,
        coalesce(returned.reactivated, 0) as reactivated,
        standing.opening - standing.stayed - coalesce(returned.was_active, 0) as lost,
        standing.closing
    from standing
    left join returned on standing.closes_period = returned.closes_period
    where standing.opening > 0 or standing.closing > 0
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
