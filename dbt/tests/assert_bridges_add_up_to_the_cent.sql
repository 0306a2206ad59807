{{ config(meta={'dagster': {'ref': {'name': 'fct_price_volume_mix'}}}) }}
-- A bridge leads from one year's revenue to the next's: its components are the change, and its ends are the revenue
-- the rest of the book shows. A returned row is a bridge that does not.
with

bridges as (
    select
        bridge,
        years_back,
        sum(amount) as change,
        max(revenue_from) as revenue_from,
        max(revenue_to) as revenue_to
    from {{ ref('fct_price_volume_mix') }}
    group by
        bridge,
        years_back
),

years as (
    select
        cast(floor(days.months_back / 12.0) as integer) as year_index,
        sum(events.revenue_net) as revenue
    from {{ ref('int_revenue_events_unioned') }} as events
    inner join {{ ref('int_calendar_days_spined') }} as days on events.occurred_on = days.day_on
    where days.months_back between 0 and 35
    group by cast(floor(days.months_back / 12.0) as integer)
)

select
    bridges.bridge,
    bridges.years_back,
    bridges.change,
    bridges.revenue_to,
    years_to.revenue as revenue_found
from bridges
left join years as years_to on bridges.years_back = years_to.year_index
left join years as years_from on bridges.years_back + 1 = years_from.year_index
where
    bridges.change != bridges.revenue_to - bridges.revenue_from
    or bridges.revenue_to != coalesce(years_to.revenue, 0)
    or bridges.revenue_from != coalesce(years_from.revenue, 0)
