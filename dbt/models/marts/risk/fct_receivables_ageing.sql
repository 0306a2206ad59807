with

receivables as (
    select * from {{ ref('int_receivables_provided') }}
    where open_amount > 0
),

closes as (
    select * from {{ ref('int_closes_spined') }}
    where months_back <= 24
),

resolved_customers as (
    select * from {{ ref('int_customers_resolved') }}
),

open_invoices as (
    select
        as_of_on,
        months_back,
        customer_id,
        bucket,
        position as bucket_position,
        count(*) as invoices,
        sum(open_amount) as open_amount,
        sum(case when is_disputed then open_amount else 0 end) as disputed_amount,
        sum(expected_loss) as expected_loss,
        0 as written_off_amount
    from receivables
    group by
        as_of_on,
        months_back,
        customer_id,
        bucket,
        position
),

-- What the twelve months before the close gave up on: no debt any more, but what the open debt has to be read with.
written_off as (
    select
        closes.as_of_on,
        closes.months_back,
        coalesce(resolved_customers.resolved_customer_id, invoices.customer_id) as customer_id,
        'written_off' as bucket,
        9 as bucket_position,
        count(*) as invoices,
        0 as open_amount,
        0 as disputed_amount,
        0 as expected_loss,
        sum(coalesce(invoices.written_off_amount, invoices.amount)) as written_off_amount
    from {{ ref('stg_crm__invoices') }} as invoices
    inner join closes
        on
            invoices.written_off_on >= closes.window_start_on
            and invoices.written_off_on < closes.cut_on
    left join resolved_customers on invoices.customer_id = resolved_customers.customer_id
    where invoices.removed_on is null and not coalesce(resolved_customers.is_test, false)
    group by
        closes.as_of_on,
        closes.months_back,
        coalesce(resolved_customers.resolved_customer_id, invoices.customer_id)
),

unioned as (
    select * from open_invoices
    union all
    select * from written_off
)

select
    as_of_on,
    cast(months_back as integer) as months_back,
    customer_id,
    bucket,
    cast(bucket_position as integer) as bucket_position,
    cast(invoices as integer) as invoices,
    cast(open_amount as {{ money() }}) as open_amount,
    cast(disputed_amount as {{ money() }}) as disputed_amount,
    cast(expected_loss as {{ money() }}) as expected_loss,
    cast(written_off_amount as {{ money() }}) as written_off_amount
from unioned
