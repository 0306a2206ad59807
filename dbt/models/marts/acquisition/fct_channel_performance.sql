with

current_run as (
    select * from {{ ref('int_runs_prepared') }}
    where run = 'current'
),

customers as (
    select * from {{ ref('dim_customers') }}
    where is_customer
),

orders as (
    select orders.*
    from {{ ref('int_orders_prepared') }} as orders
    cross join current_run
    where not orders.is_cancelled and orders.ordered_on >= current_run.window_start_on
),

by_acquisition as (
    select
        'acquisition' as basis,
        coalesce(customers.acquisition_channel, 'unknown') as channel,
        count(*) as customers,
        sum(case when customers.is_active then 1 else 0 end) as customers_active,
        sum(case when customers.first_order_on >= current_run.window_start_on then 1 else 0 end) as customers_new_12m,
        sum(customers.order_count_12m) as orders_12m,
        sum(customers.revenue_net_12m) as revenue_net_12m,
        case
            when count(customers.margin_net_12m) = count(*) then sum(customers.margin_net_12m)
        end as margin_net_12m
    from customers
    cross join current_run
    group by coalesce(customers.acquisition_channel, 'unknown')
),

by_sale as (
    select
        'sale' as basis,
        coalesce(orders.channel, 'unknown') as channel,
        count(distinct orders.customer_id) as customers,
        count(distinct case when customers.is_active then orders.customer_id end) as customers_active,
        count(
            distinct case when customers.first_order_on >= current_run.window_start_on then orders.customer_id end
        ) as customers_new_12m,
        sum(case when orders.is_return then 0 else 1 end) as orders_12m,
        sum(case when orders.is_return then -abs(orders.revenue_net) else orders.revenue_net end) as revenue_net_12m,
        case when count(orders.margin_net) = count(*) then sum(orders.margin_net) end as margin_net_12m
    from orders
    cross join current_run
    left join customers on orders.customer_id = customers.customer_id
    group by coalesce(orders.channel, 'unknown')
),

spend as (
    select
        'acquisition' as basis,
        coalesce(channel, 'unallocated') as channel,
        sum(spend) as spend_12m
    from {{ ref('int_campaign_spend_prepared') }}
    where is_in_window
    group by coalesce(channel, 'unallocated')
),

spend_delivered as (
    select count(*) > 0 as is_delivered
    from {{ ref('int_campaign_spend_prepared') }}
),

channels as (
    select * from by_acquisition
    union all
    select * from by_sale
    union all
    -- Money spent on a channel that brought nobody is a row, not a gap.
    select
        spend.basis,
        spend.channel,
        0 as customers,
        0 as customers_active,
        0 as customers_new_12m,
        0 as orders_12m,
        0 as revenue_net_12m,
        0 as margin_net_12m
    from spend
    left join by_acquisition on spend.channel = by_acquisition.channel
    where by_acquisition.channel is null
),

described as (
    select
        channels.*,
        described.is_online,
        described.channel_kind,
        -- Where spend was delivered, a channel without any cost nothing; a sale's channel has no spend of its own.
        case
            when channels.basis = 'acquisition' and spend_delivered.is_delivered then coalesce(spend.spend_12m, 0)
        end as spend_12m
    from channels
    cross join spend_delivered
    left join {{ ref('int_channels_described') }} as described on channels.channel = described.channel
    left join spend on channels.basis = spend.basis and channels.channel = spend.channel
)

select
    basis,
    channel,
    is_online,
    channel_kind,
    cast(customers as integer) as customers,
    cast(customers_active as integer) as customers_active,
    cast(customers_new_12m as integer) as customers_new_12m,
    cast(orders_12m as integer) as orders_12m,
    cast(revenue_net_12m as {{ money() }}) as revenue_net_12m,
    cast(margin_net_12m as {{ money() }}) as margin_net_12m,
    cast(spend_12m as {{ money() }}) as spend_12m,
    {{ steady('cast(margin_net_12m as double) / nullif(cast(revenue_net_12m as double), 0)') }} as margin_rate,
    {{ steady(
        'cast(revenue_net_12m as double)'
        ~ ' / nullif(cast(sum(revenue_net_12m) over (partition by basis) as double), 0)'
    ) }} as revenue_share,
    {{ steady('cast(spend_12m as double) / nullif(customers_new_12m, 0)') }} as spend_per_new_customer
from described
