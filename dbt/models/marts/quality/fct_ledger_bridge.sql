with

orders as (
    select * from {{ ref('int_orders_bridged') }}
)

select
    coalesce(customer_id, 'unknown') as customer_id,
    case when min(case when is_by_invoice then 1 else 0 end) = 1 then 'invoices' else 'payments' end as ledger,
    cast(count(*) as integer) as orders,
    cast(sum(revenue_net) as {{ money() }}) as revenue_net,
    cast(sum(ledger_amount) as {{ money() }}) as ledger_amount,
    cast(sum(due_later_amount) as {{ money() }}) as due_later_amount,
    cast(sum(unexplained_amount) as {{ money() }}) as unexplained_amount,
    cast(sum(abs(unexplained_amount)) as {{ money() }}) as unexplained_either_way,
    cast(sum(case when unexplained_amount != 0 then 1 else 0 end) as integer) as orders_unexplained,
    cast(sum(invoiced_amount) as {{ money() }}) as invoiced_amount,
    cast(sum(paid_amount) as {{ money() }}) as paid_amount,
    cast(sum(open_amount) as {{ money() }}) as open_amount,
    cast(sum(written_off_amount) as {{ money() }}) as written_off_amount,
    -- Of what was invoiced: neither paid, open nor written off.
    cast(
        sum(case when is_by_invoice then invoiced_amount - paid_amount - open_amount - written_off_amount else 0 end)
        as {{ money() }}
    ) as invoiced_unexplained_amount
from orders
group by coalesce(customer_id, 'unknown')
