-- Risk: what each customer adds to the two sides of a quotient of sums.
with

current_run as (
    select * from {{ ref('int_runs_prepared') }}
    where run = 'current'
),

receivables as (
    select * from {{ ref('int_receivables_provided') }}
    where months_back = 0 and open_amount > 0
),

debtors as (
    select
        customer_id,
        sum(open_amount) as open_amount,
        sum(case when days_overdue > 0 then open_amount else 0 end) as overdue_amount,
        sum(expected_loss) as expected_loss
    from receivables
    group by customer_id
),

buckets as (
    select distinct bucket from receivables
),

invoiced as (
    select
        coalesce(resolved.resolved_customer_id, invoices.customer_id) as customer_id,
        sum(invoices.amount) as amount
    from {{ ref('stg_crm__invoices') }} as invoices
    cross join current_run
    left join {{ ref('int_customers_resolved') }} as resolved on invoices.customer_id = resolved.customer_id
    where
        invoices.removed_on is null
        and not coalesce(resolved.is_test, false)
        and invoices.issued_on >= current_run.window_start_on
        and invoices.issued_on < current_run.cut_on
    group by coalesce(resolved.resolved_customer_id, invoices.customer_id)
),

states as (
    select * from {{ ref('int_customer_states_classified') }}
    where run = 'current' and is_customer
),

prior_states as (
    select * from {{ ref('int_customer_states_classified') }}
    where run = 'prior' and is_customer
),

customers as (
    select * from {{ ref('int_customers_unioned') }}
),

growth as (
    select * from {{ ref('int_market_growth_selected') }}
    where kind = 'customer industry'
),

disputes as (
    select * from {{ ref('fct_legal_exposure') }}
    where is_open and amount is not null
)

select
    'overdue_share' as indicator_code,
    '' as breakdown,
    '' as breakdown_value,
    customer_id as unit_id,
    cast(overdue_amount as {{ money() }}) as numerator,
    cast(open_amount as {{ money() }}) as denominator
from debtors

union all

-- Every debtor in every bucket, or the shares would be of other sums.
select
    'overdue_share' as indicator_code,
    'ageing_bucket' as breakdown,
    buckets.bucket as breakdown_value,
    receivables.customer_id as unit_id,
    cast(
        sum(case when receivables.bucket = buckets.bucket then receivables.open_amount else 0 end) as {{ money() }}
    ) as numerator,
    cast(sum(receivables.open_amount) as {{ money() }}) as denominator
from receivables
cross join buckets
group by
    buckets.bucket,
    receivables.customer_id

union all

select
    'expected_credit_loss' as indicator_code,
    '' as breakdown,
    '' as breakdown_value,
    customer_id as unit_id,
    cast(expected_loss as {{ money() }}) as numerator,
    cast(open_amount as {{ money() }}) as denominator
from debtors

union all

-- Days the year's invoices stand open: 365 times what is owed over what was invoiced.
select
    'dso' as indicator_code,
    '' as breakdown,
    '' as breakdown_value,
    customer_id as unit_id,
    cast(365 * open_amount as {{ money() }}) as numerator,
    cast(0 as {{ money() }}) as denominator
from debtors

union all

select
    'dso' as indicator_code,
    '' as breakdown,
    '' as breakdown_value,
    customer_id as unit_id,
    cast(0 as {{ money() }}) as numerator,
    cast(amount as {{ money() }}) as denominator
from invoiced

union all

select
    'industry_exposure' as indicator_code,
    '' as breakdown,
    '' as breakdown_value,
    states.customer_id as unit_id,
    cast(case when growth.growth_rate < 0 then states.revenue_net_12m else 0 end as {{ money() }}) as numerator,
    cast(states.revenue_net_12m as {{ money() }}) as denominator
from states
inner join customers on states.customer_id = customers.customer_id
inner join growth on customers.industry = growth.industry
where states.revenue_net_12m != 0

union all

select
    'demand_drop_exposure' as indicator_code,
    '' as breakdown,
    '' as breakdown_value,
    prior_states.customer_id as unit_id,
    cast(
        case
            when 2 * coalesce(states.order_count_12m, 0) <= prior_states.order_count_12m
                then prior_states.revenue_net_12m
            else 0
        end as {{ money() }}
    ) as numerator,
    cast(prior_states.revenue_net_12m as {{ money() }}) as denominator
from prior_states
left join states on prior_states.customer_id = states.customer_id
where prior_states.order_count_12m > 0

union all

select
    'dispute_exposure' as indicator_code,
    '' as breakdown,
    '' as breakdown_value,
    coalesce(customer_id, event_id) as unit_id,
    cast(amount as {{ money() }}) as numerator,
    cast(0 as {{ money() }}) as denominator
from disputes

union all

select
    'dispute_exposure' as indicator_code,
    '' as breakdown,
    '' as breakdown_value,
    customer_id as unit_id,
    cast(0 as {{ money() }}) as numerator,
    cast(revenue_net_12m as {{ money() }}) as denominator
from states
where revenue_net_12m != 0
