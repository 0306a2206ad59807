-- What each customer is expected to bring, over the parts of the book he is in: himself (residual) and through others
-- (referral). The doubt about parameters moves his parts together; it is squared after it is summed.
with

forecasts as (
    select
        *,
        case when component = 'referral' then 'referral' else 'residual' end as kind
    from {{ source('predictions', 'customer_forecasts') }}
),

shifts as (
    select
        run,
        customer_id,
        case when component = 'referral' then 'referral' else 'residual' end as kind,
        direction,
        sum(orders_shift) as orders_shift,
        sum(margin_shift) as margin_shift,
        sum(residual_shift) as residual_shift
    from {{ source('predictions', 'customer_shifts') }}
    group by
        run,
        customer_id,
        case when component = 'referral' then 'referral' else 'residual' end,
        direction
),

doubts as (
    select
        run,
        customer_id,
        kind,
        sum(orders_shift * orders_shift) as orders_variance,
        sum(margin_shift * margin_shift) as margin_variance,
        sum(residual_shift * residual_shift) as residual_variance
    from shifts
    group by
        run,
        customer_id,
        kind
),

summed as (
    select
        run,
        customer_id,
        kind,
        {{ dbt.listagg("model", "' + '", "order by model") }} as model,
        max(p_alive) as p_alive,
        max(case when component in ('purchases', 'follow_on', 'referral') then margin_per_order end)
            as margin_per_order,
        sum(orders_12m) as orders_12m,
        sum(orders_variance) as orders_variance,
        -- One part of unknown margin makes the sum unknown.
        case when count(margin_12m) = count(*) then sum(margin_12m) end as margin_12m,
        case when count(margin_variance) = count(*) then sum(margin_variance) end as margin_variance,
        case when count(residual_value) = count(*) then sum(residual_value) end as residual_value,
        case when count(residual_variance) = count(*) then sum(residual_variance) end as residual_variance
    from forecasts
    group by
        run,
        customer_id,
        kind
)

select
    summed.run,
    summed.customer_id,
    summed.kind,
    summed.model,
    summed.p_alive,
    summed.margin_per_order,
    summed.orders_12m,
    summed.orders_variance as orders_process_variance,
    summed.orders_variance + coalesce(doubts.orders_variance, 0) as orders_variance,
    summed.margin_12m,
    summed.margin_variance as margin_process_variance,
    summed.margin_variance + coalesce(doubts.margin_variance, 0) as margin_variance,
    summed.residual_value,
    summed.residual_variance as residual_process_variance,
    summed.residual_variance + coalesce(doubts.residual_variance, 0) as residual_variance
from summed
left join doubts
    on
        summed.run = doubts.run
        and summed.customer_id = doubts.customer_id
        and summed.kind = doubts.kind
