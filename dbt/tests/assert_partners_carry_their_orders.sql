{{ config(meta={'dagster': {'ref': {'name': 'fct_partner_performance'}}}) }}
-- Every order that names a partner counts for that partner, and never more partners are active than sold. A
-- returned row is a partner whose orders or revenue differ from the orders themselves.
with

-- Only where orders name partners: otherwise customers' partners stand behind the orders.
order_inputs as (
    select count(*) > 0 as is_named
    from {{ source('evidence', 'inputs') }}
    where entity = 'orders' and column_name = 'partner_id' and delivered
),

orders as (
    select
        orders.partner_id,
        sum(case when orders.is_return then 0 else 1 end) as orders,
        sum(case when orders.ordered_on >= runs.window_start_on then orders.revenue_net else 0 end) as revenue_net_12m
    from {{ ref('fct_orders') }} as orders
    inner join {{ ref('int_runs_prepared') }} as runs on runs.run = 'current'
    where orders.partner_id is not null and not orders.is_cancelled
    group by orders.partner_id
)

select
    partners.partner_id,
    partners.orders,
    orders.orders as expected_orders,
    partners.revenue_net_12m,
    orders.revenue_net_12m as expected_revenue
from {{ ref('fct_partner_performance') }} as partners
cross join order_inputs
full outer join orders on partners.partner_id = orders.partner_id
where
    coalesce(order_inputs.is_named, true)
    and (
        partners.partner_id is null
        or partners.orders != coalesce(orders.orders, 0)
        or partners.revenue_net_12m != coalesce(orders.revenue_net_12m, 0)
    )
