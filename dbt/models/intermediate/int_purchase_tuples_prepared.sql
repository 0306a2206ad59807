-- What the purchase models know of each buyer as of each date: how often he came back (distinct days), when last, for
-- how long he has been watched, and what a return earned. The first purchase is left out of the margin: an opening
-- offer is unlike what follows. For the back-test, what he did in the year after it is beside it.
with

runs as (
    select * from {{ ref('int_runs_prepared') }}
),

months as (
    select * from {{ ref('int_customer_months_keyed') }}
),

keys as (
    select * from {{ ref('int_customer_keys') }}
),

-- One pass for both dates, and for the year between them.
buyers as (
    select
        months.customer_key,
        {% for run in ['current', 'backtest'] %}
        min(case when months.months_back >= {{ run }}_run.months_shift then months.first_purchase_on end)
            as {{ run }}_first_on,
        max(case when months.months_back >= {{ run }}_run.months_shift then months.last_purchase_on end)
            as {{ run }}_last_on,
        sum(case when months.months_back >= {{ run }}_run.months_shift then months.purchase_days else 0 end)
            as {{ run }}_days,
        sum(case when months.months_back >= {{ run }}_run.months_shift then months.purchase_margin_net end)
            as {{ run }}_margin,
        max(
            case
                when months.months_back >= {{ run }}_run.months_shift and months.purchase_margin_net is null then 1
                else 0
            end
        ) as {{ run }}_unknown,
        {% endfor %}
        max(case when months.months_back between 0 and 11 then 1 else 0 end) as later_rows,
        sum(case when months.months_back between 0 and 11 then months.purchase_days else 0 end) as later_days,
        sum(case when months.months_back between 0 and 11 then months.purchase_margin_net end) as later_margin,
        max(
            case when months.months_back between 0 and 11 and months.purchase_margin_net is null then 1 else 0 end
        ) as later_unknown
    from months
    inner join runs as current_run on current_run.run = 'current'
    inner join runs as backtest_run on backtest_run.run = 'backtest'
    group by months.customer_key
),

-- What came first is the same as of any date after it.
first_events as (
    select
        buyers.customer_key,
        events.margin_net
    from {{ ref('int_revenue_events_unioned') }} as events
    inner join buyers
        on
            events.customer_key = buyers.customer_key
            and events.occurred_on = buyers.current_first_on
    where not coalesce(events.is_contractual, false)
    union all
    select
        buyers.customer_key,
        events.margin_net
    from {{ ref('int_revenue_events_unioned') }} as events
    inner join keys on events.customer_id = keys.customer_id
    inner join buyers
        on
            keys.customer_key = buyers.customer_key
            and events.occurred_on = buyers.current_first_on
    where events.customer_key is null and keys.is_stranger and not coalesce(events.is_contractual, false)
),

first_days as (
    select
        customer_key,
        case when count(margin_net) = count(*) then sum(margin_net) end as margin_net
    from first_events
    group by customer_key
),

tuples as (
    {% for run in ['current', 'backtest'] %}
    select
        '{{ run }}' as run,
        buyers.customer_key,
        buyers.{{ run }}_first_on as first_purchase_on,
        buyers.{{ run }}_last_on as last_purchase_on,
        buyers.{{ run }}_days as purchase_days,
        -- A sale of unknown margin makes the sum unknown.
        case when buyers.{{ run }}_unknown = 0 then buyers.{{ run }}_margin end as margin_net,
        first_days.margin_net as first_margin_net,
        buyers.later_days,
        case
            when buyers.later_rows = 0 then 0
            when buyers.later_unknown = 0 then buyers.later_margin
        end as later_margin_net
    from buyers
    inner join first_days on buyers.customer_key = first_days.customer_key
    where buyers.{{ run }}_days > 0
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select
    tuples.run,
    keys.customer_id,
    tuples.first_purchase_on,
    cast(tuples.purchase_days - 1 as integer) as frequency,
    cast({{ days_between('tuples.first_purchase_on', 'tuples.last_purchase_on') }} as integer) as recency_days,
    cast({{ days_between('tuples.first_purchase_on', 'runs.as_of_on') }} as integer) as age_days,
    case
        when tuples.purchase_days > 1
            then cast(
                round((tuples.margin_net - tuples.first_margin_net) / (tuples.purchase_days - 1), 2) as {{ money() }}
            )
    end as repeat_margin_mean,
    cast(case when runs.months_shift > 0 then tuples.later_days end as integer) as later_purchases,
    cast(case when runs.months_shift > 0 then tuples.later_margin_net end as {{ money() }}) as later_margin_net
from tuples
inner join runs on tuples.run = runs.run
inner join keys on tuples.customer_key = keys.customer_key
