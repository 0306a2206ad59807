-- What the purchase models know of each buyer as of each date: how often he came back (distinct days), when last, for
-- how long he has been watched, and what a return earned. The first purchase is left out of the margin: an opening
-- offer is unlike what follows. For the back-test, what he did in the year after it is beside it.
{{ config(materialized='view') }}
{% set runs = {
    'current': {'bits': 7, 'last_on': 'last_purchase_on'},
    'backtest': {'bits': 6, 'last_on': 'last_purchase_past_on'},
} %}
with

runs as (
    select * from {{ ref('int_runs_prepared') }}
),

buyers as (
    select
        totals.*,
        keys.customer_id,
        first_days.margin_net as first_margin_net
    from {{ ref('int_customer_totals_keyed') }} as totals
    inner join {{ ref('int_customer_keys') }} as keys on totals.customer_key = keys.customer_key
    inner join {{ ref('int_first_purchases_valued') }} as first_days on totals.customer_key = first_days.customer_key
),

tuples as (
    {% for run, its in runs.items() %}
    select
        '{{ run }}' as run,
        customer_id,
        first_purchase_on,
        {{ its.last_on }} as last_purchase_on,
        purchase_days_past {{- ' + purchase_days_y0' if run == 'current' }} as purchase_days,
        -- A sale of unknown margin makes the sum unknown.
        case
            when (unknown_purchase_years & {{ its.bits }}) = 0
                then purchase_margin_net_past {{- ' + purchase_margin_net_y0' if run == 'current' }}
        end as margin_net,
        first_margin_net,
        purchase_days_y0 as later_days,
        case when (unknown_purchase_years & 1) = 0 then purchase_margin_net_y0 end as later_margin_net
    from buyers
    where {{ its.last_on }} is not null
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select
    tuples.run,
    tuples.customer_id,
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
