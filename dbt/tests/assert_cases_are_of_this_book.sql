{{ config(meta={'dagster': {'ref': {'name': 'fct_cases'}}}) }}
-- A case's history is the customer's own, and no rule chooses somebody twice. A returned row is a case with another
-- customer's figures, or one chosen twice by a rule.
select
    cases.case_id,
    cases.customer_id
from {{ ref('fct_cases') }} as cases
left join {{ ref('dim_customers') }} as customers on cases.customer_id = customers.customer_id
where
    cases.case_scope = 'customer'
    and (
        customers.customer_id is null
        or cases.order_count != customers.order_count
        or cases.revenue_net != customers.revenue_net
        or cases.revenue_net_12m != customers.revenue_net_12m
    )

union all

select
    rule as case_id,
    customer_id
from {{ ref('fct_cases') }}
where case_scope = 'customer'
group by
    rule,
    customer_id
having count(*) > 1
