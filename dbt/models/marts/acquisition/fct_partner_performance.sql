with

current_run as (
    select * from {{ ref('int_runs_prepared') }}
    where run = 'current'
),

partners as (
    select partners.*
    from {{ ref('stg_crm__partners') }} as partners
    cross join current_run
    where
        partners.removed_on is null
        and coalesce(partners.since_on < current_run.cut_on, true)
),

-- Where no order names its partner, the customer's partner stands behind its orders.
order_inputs as (
    select count(*) > 0 as is_named
    from {{ source('evidence', 'inputs') }}
    where entity = 'orders' and column_name = 'partner_id' and delivered
),

customers as (
    select * from {{ ref('dim_customers') }}
    where is_customer
),

orders as (
    select
        orders.*,
        case when order_inputs.is_named then orders.partner_id else customers.partner_id end as credited_partner_id,
        case when orders.is_return then -abs(orders.revenue_net) else orders.revenue_net end as revenue_signed
    from {{ ref('int_orders_prepared') }} as orders
    cross join order_inputs
    left join customers on orders.customer_id = customers.customer_id
    where not orders.is_cancelled
),

sales as (
    select
        orders.credited_partner_id as partner_id,
        sum(case when not orders.is_return then 1 else 0 end) as orders,
        sum(
            case when not orders.is_return and orders.ordered_on >= current_run.window_start_on then 1 else 0 end
        ) as orders_12m,
        max(case when not orders.is_return then orders.ordered_on end) as last_order_on,
        sum(case when orders.ordered_on >= current_run.window_start_on then orders.revenue_signed else 0 end)
            as revenue_net_12m,
        sum(
            case
                when
                    orders.ordered_on >= {{ add_months('current_run.window_start_on', -12) }}
                    and orders.ordered_on < current_run.window_start_on then orders.revenue_signed
                else 0
            end
        ) as revenue_net_prior_12m,
        case
            when
                sum(case when orders.ordered_on >= current_run.window_start_on then 1 else 0 end)
                = count(case when orders.ordered_on >= current_run.window_start_on then orders.margin_net end)
                then coalesce(
                    sum(case when orders.ordered_on >= current_run.window_start_on then orders.margin_net end), 0
                )
        end as margin_net_12m
    from orders
    cross join current_run
    where orders.credited_partner_id is not null
    group by orders.credited_partner_id
),

relations as (
    select * from {{ ref('int_partner_customers_related') }}
),

answers as (
    select
        customer_id,
        max(case when score >= scale_max - 1 then 1 else 0 end) as is_satisfied
    from {{ ref('int_survey_answers_prepared') }}
    where instrument = 'csat' and topic = 'overall' and is_last_answer and scale_max is not null
    group by customer_id
),

quality as (
    select
        relations.partner_id,
        count(*) as customers,
        sum(case when customers.order_count > 0 then 1 else 0 end) as customers_with_order,
        sum(case when customers.order_count >= 2 then 1 else 0 end) as customers_repeating,
        count(answers.customer_id) as csat_answers,
        coalesce(sum(answers.is_satisfied), 0) as csat_satisfied
    from relations
    inner join customers on relations.customer_id = customers.customer_id
    left join answers on relations.customer_id = answers.customer_id
    group by relations.partner_id
),

listed as (
    select partner_id from partners
    union
    select partner_id from sales
    union
    select partner_id from quality
),

joined as (
    select
        listed.partner_id,
        coalesce(partners.kind, 'unknown') as kind,
        partners.since_on,
        partners.ends_on,
        partners.partner_id is not null as is_recorded,
        partners.partner_id is not null and coalesce(partners.ends_on >= current_run.cut_on, true) as has_agreement,
        partners.is_exclusive,
        partners.commission_rate,
        coalesce(partners.support, 'none') as support,
        coalesce(sales.orders, 0) as orders,
        coalesce(sales.orders_12m, 0) as orders_12m,
        sales.last_order_on,
        coalesce(sales.revenue_net_12m, 0) as revenue_net_12m,
        coalesce(sales.revenue_net_prior_12m, 0) as revenue_net_prior_12m,
        case when sales.partner_id is null then 0 else sales.margin_net_12m end as margin_net_12m,
        coalesce(quality.customers, 0) as customers,
        coalesce(quality.customers_with_order, 0) as customers_with_order,
        coalesce(quality.customers_repeating, 0) as customers_repeating,
        coalesce(quality.csat_answers, 0) as csat_answers,
        coalesce(quality.csat_satisfied, 0) as csat_satisfied
    from listed
    cross join current_run
    left join partners on listed.partner_id = partners.partner_id
    left join sales on listed.partner_id = sales.partner_id
    left join quality on listed.partner_id = quality.partner_id
)

select
    partner_id,
    kind,
    is_recorded,
    since_on,
    ends_on,
    has_agreement,
    orders_12m > 0 as is_active,
    is_exclusive,
    cast(commission_rate as double) as commission_rate,
    support,
    cast(orders as integer) as orders,
    cast(orders_12m as integer) as orders_12m,
    last_order_on,
    cast(revenue_net_12m as {{ money() }}) as revenue_net_12m,
    cast(revenue_net_prior_12m as {{ money() }}) as revenue_net_prior_12m,
    cast(margin_net_12m as {{ money() }}) as margin_net_12m,
    cast(customers as integer) as customers,
    cast(customers_with_order as integer) as customers_with_order,
    cast(customers_repeating as integer) as customers_repeating,
    {{ steady('customers_repeating / nullif(cast(customers_with_order as double), 0)') }} as repeat_rate,
    {{ steady(wilson_bound('customers_repeating', 'customers_with_order', 'low')) }} as repeat_rate_ci_low,
    {{ steady(wilson_bound('customers_repeating', 'customers_with_order', 'high')) }} as repeat_rate_ci_high,
    cast(csat_answers as integer) as csat_answers,
    cast(csat_satisfied as integer) as csat_satisfied,
    {{ steady('csat_satisfied / nullif(cast(csat_answers as double), 0)') }} as csat_top2,
    {{ steady(wilson_bound('csat_satisfied', 'csat_answers', 'low')) }} as csat_top2_ci_low,
    {{ steady(wilson_bound('csat_satisfied', 'csat_answers', 'high')) }} as csat_top2_ci_high
from joined
