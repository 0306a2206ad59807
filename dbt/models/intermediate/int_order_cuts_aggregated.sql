-- Revenue of the current and the prior twelve months by who and what an order went through: one pass over the orders,
-- into a few combinations of channel, salesperson and partner. Where invoices carry the revenue, each speaks for its
-- order.
with

current_run as (
    select * from {{ ref('int_runs_prepared') }}
    where run = 'current'
),

runs as (
    select * from {{ ref('int_runs_prepared') }}
    where run in ('current', 'prior')
),

ordered as (
    select
        orders.channel,
        orders.sales_staff_id,
        orders.partner_id,
        {% for run in ['current', 'prior'] %}
        sum(
            case
                when orders.ordered_on >= {{ run }}_run.window_start_on and orders.ordered_on < {{ run }}_run.cut_on
                    then case when orders.is_return then -abs(orders.revenue_booked) else orders.revenue_booked end
                else 0
            end
            - case
                when orders.refunded_on >= {{ run }}_run.window_start_on and orders.refunded_on < {{ run }}_run.cut_on
                    then orders.refund_amount
                else 0
            end
        ) as {{ run }}_revenue,
        sum(
            case
                when
                    orders.ordered_on >= {{ run }}_run.window_start_on and orders.ordered_on < {{ run }}_run.cut_on
                    and not orders.is_return
                    then 1
                else 0
            end
        ) as {{ run }}_orders{{ ',' if not loop.last }}
        {% endfor %}
    from {{ ref('int_orders_prepared') }} as orders
    cross join current_run
    inner join runs as prior_run on prior_run.run = 'prior'
    where
        not orders.is_cancelled
        and current_run.revenue_source = 'orders'
    group by
        orders.channel,
        orders.sales_staff_id,
        orders.partner_id
),

by_run as (
    {% for run in ['current', 'prior'] %}
    select
        '{{ run }}' as run,
        channel,
        sales_staff_id,
        partner_id,
        {{ run }}_revenue as revenue,
        {{ run }}_orders as orders
    from ordered
    union all
    {% endfor %}
    select
        runs.run,
        orders.channel,
        orders.sales_staff_id,
        orders.partner_id,
        sum(events.revenue_net) as revenue,
        sum(events.orders) as orders
    from {{ ref('int_revenue_events_unioned') }} as events
    inner join runs
        on
            runs.revenue_source != 'orders'
            and events.occurred_on >= runs.window_start_on
            and events.occurred_on < runs.cut_on
    left join {{ ref('stg_crm__invoices') }} as invoices
        on
            events.event_kind in ('invoice', 'write_off')
            and events.document_id = invoices.invoice_id
            and invoices.removed_on is null
    left join {{ ref('int_orders_prepared') }} as orders
        on orders.order_id = case when events.event_kind = 'order' then events.document_id else invoices.order_id end
    group by
        runs.run,
        orders.channel,
        orders.sales_staff_id,
        orders.partner_id
)

select
    run,
    channel,
    sales_staff_id,
    partner_id,
    cast(revenue as {{ money() }}) as revenue,
    cast(orders as bigint) as orders
from by_run
where revenue != 0 or orders != 0
