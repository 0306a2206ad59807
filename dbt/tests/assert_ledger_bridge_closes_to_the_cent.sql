{{ config(meta={'dagster': {'ref': {'name': 'fct_ledger_bridge'}}}) }}
-- Revenue is what the ledger has, what is due later and what nobody can explain, to the cent, customer by customer;
-- and the bridge holds every order of the window. A returned row does not close.
with

bridge as (
    select * from {{ ref('fct_ledger_bridge') }}
),

placed as (
    select
        count(*) as orders,
        sum(case when orders.is_return then -abs(orders.revenue_net) else orders.revenue_net end) as revenue_net
    from {{ ref('int_orders_prepared') }} as orders
    inner join {{ ref('int_runs_prepared') }} as runs
        on runs.run = 'current' and orders.ordered_on >= runs.window_start_on
    where not orders.is_cancelled
),

bridged as (
    select
        coalesce(sum(orders), 0) as orders,
        coalesce(sum(revenue_net), 0) as revenue_net
    from bridge
)

select
    customer_id,
    revenue_net,
    ledger_amount
from bridge
where revenue_net != ledger_amount + due_later_amount + unexplained_amount

union all

select
    'all customers' as customer_id,
    placed.revenue_net,
    bridged.revenue_net as ledger_amount
from placed
cross join bridged
where
    placed.orders != bridged.orders
    or coalesce(placed.revenue_net, 0) != bridged.revenue_net
