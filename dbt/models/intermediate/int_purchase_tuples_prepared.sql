-- What the purchase models know of each buyer as of each date: how often he came back (distinct days), when last, for
-- how long he has been watched, and what a return earned. The first purchase is left out of the margin: an opening
-- offer is unlike what follows. For the back-test, what he did in the year after it is beside it.
with

runs as (
    select * from {{ ref('int_runs_prepared') }}
    where run in ('current', 'backtest')
),

months as (
    select * from {{ ref('int_customer_months_aggregated') }}
),

pasts as (
    select
        runs.run,
        runs.as_of_on,
        runs.months_shift,
        months.customer_id,
        min(months.first_purchase_on) as first_purchase_on,
        max(months.last_purchase_on) as last_purchase_on,
        sum(months.purchase_days) as purchase_days,
        -- A sale of unknown margin makes the sum unknown.
        case when count(months.purchase_margin_net) = count(*) then sum(months.purchase_margin_net) end as margin_net
    from months
    inner join runs on months.months_back >= runs.months_shift
    group by
        runs.run,
        runs.as_of_on,
        runs.months_shift,
        months.customer_id
    having sum(months.purchase_days) > 0
),

first_days as (
    select
        pasts.run,
        pasts.customer_id,
        case when count(events.margin_net) = count(*) then sum(events.margin_net) end as margin_net
    from {{ ref('int_revenue_events_unioned') }} as events
    inner join pasts
        on
            events.customer_id = pasts.customer_id
            and events.occurred_on = pasts.first_purchase_on
    where not coalesce(events.is_contractual, false)
    group by
        pasts.run,
        pasts.customer_id
),

later as (
    select
        customer_id,
        sum(purchase_days) as purchase_days,
        case when count(purchase_margin_net) = count(*) then sum(purchase_margin_net) end as margin_net
    from months
    where months_back between 0 and 11
    group by customer_id
)

select
    pasts.run,
    pasts.customer_id,
    pasts.first_purchase_on,
    cast(pasts.purchase_days - 1 as integer) as frequency,
    cast({{ days_between('pasts.first_purchase_on', 'pasts.last_purchase_on') }} as integer) as recency_days,
    cast({{ days_between('pasts.first_purchase_on', 'pasts.as_of_on') }} as integer) as age_days,
    case
        when pasts.purchase_days > 1
            then cast(
                round((pasts.margin_net - first_days.margin_net) / (pasts.purchase_days - 1), 2) as {{ money() }}
            )
    end as repeat_margin_mean,
    cast(case when pasts.months_shift > 0 then coalesce(later.purchase_days, 0) end as integer) as later_purchases,
    cast(
        case when pasts.months_shift = 0 then null when later.customer_id is null then 0 else later.margin_net end
        as {{ money() }}
    ) as later_margin_net
from pasts
inner join first_days
    on
        pasts.run = first_days.run
        and pasts.customer_id = first_days.customer_id
left join later on pasts.customer_id = later.customer_id
