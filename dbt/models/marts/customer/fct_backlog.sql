with

current_run as (
    select * from {{ ref('int_runs_prepared') }}
    where run = 'current'
),

orders as (
    select
        orders.*,
        current_run.as_of_on,
        current_run.cut_on
    from {{ ref('int_orders_prepared') }} as orders
    cross join current_run
    where
        not orders.is_cancelled
        and not orders.is_return
        and (orders.fulfilled_on is null or orders.fulfilled_on >= current_run.cut_on)
),

payment_inputs as (
    select count(*) > 0 as is_delivered
    from {{ source('evidence', 'inputs') }}
    where entity = 'payments' and column_name in ('order_id', 'invoice_id') and delivered and non_null_count > 0
),

invoices as (
    select * from {{ ref('stg_crm__invoices') }}
    where removed_on is null
),

contracts as (
    select * from {{ ref('int_contracts_prepared') }}
),

-- A payment names its order, or an invoice that does.
paid as (
    select
        coalesce(payments.order_id, invoices.order_id) as order_id,
        sum(case when payments.is_refund then -abs(payments.amount) else payments.amount end) as amount
    from {{ ref('stg_crm__payments') }} as payments
    cross join current_run
    left join invoices on payments.invoice_id = invoices.invoice_id
    where
        payments.removed_on is null
        and payments.paid_on < current_run.cut_on
        and coalesce(payments.order_id, invoices.order_id) is not null
    group by coalesce(payments.order_id, invoices.order_id)
),

-- An order whose event is the start of its contract is delivered day by day while the contract runs; any other is
-- undelivered whole until it is fulfilled.
open_orders as (
    select
        orders.order_id,
        orders.customer_id,
        orders.event_on,
        orders.cut_on,
        orders.revenue_net,
        orders.margin_net,
        orders.deposit_amount,
        case when payment_inputs.is_delivered then 'payments' else 'deposits' end as basis,
        case
            when payment_inputs.is_delivered then coalesce(paid.amount, 0)
            else coalesce(orders.deposit_amount, 0)
        end as taken,
        case
            when contracts.live_until_on >= contracts.starts_on and orders.event_on = contracts.starts_on
                then
                    case
                        when contracts.live_until_on < orders.cut_on then 0
                        when contracts.starts_on >= orders.cut_on then 1
                        else {{ days_between('orders.as_of_on', 'contracts.live_until_on') }}
                            / ({{ days_between('contracts.starts_on', 'contracts.live_until_on') }} + 1.0)
                    end
            else 1
        end as undelivered_share
    from orders
    cross join payment_inputs
    left join paid on orders.order_id = paid.order_id
    left join contracts on orders.contract_id = contracts.contract_id
),

valued as (
    select
        *,
        revenue_net * undelivered_share as undelivered,
        -- What was paid beyond the part delivered so far is owed in work.
        case
            when taken > revenue_net * (1 - undelivered_share) then taken - revenue_net * (1 - undelivered_share)
            else 0
        end as liability
    from open_orders
)

select
    case
        when event_on is null then 'unscheduled'
        when event_on < cut_on then 'past'
        else 'ahead'
    end as standing,
    coalesce(cast({{ month_of('event_on') }} as varchar), 'unscheduled') as event_period,
    {{ month_of('event_on') }} as event_month,
    basis as deposits_basis,
    cast(count(*) as integer) as orders,
    cast(count(distinct customer_id) as integer) as customers,
    cast(sum(revenue_net) as {{ money() }}) as order_value,
    cast(sum(cast(undelivered as {{ money() }})) as {{ money() }}) as undelivered_value,
    cast(case when count(margin_net) = count(*) then sum(margin_net) end as {{ money() }}) as margin_net,
    cast(sum(coalesce(deposit_amount, 0)) as {{ money() }}) as deposits_agreed,
    cast(sum(taken) as {{ money() }}) as money_taken,
    cast(sum(cast(liability as {{ money() }})) as {{ money() }}) as deposits_liability,
    cast(sum(revenue_net - taken) as {{ money() }}) as still_to_collect
from valued
group by
    case
        when event_on is null then 'unscheduled'
        when event_on < cut_on then 'past'
        else 'ahead'
    end,
    {{ month_of('event_on') }},
    basis
