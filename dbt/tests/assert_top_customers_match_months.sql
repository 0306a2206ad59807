{{ config(meta={'dagster': {'ref': {'name': 'fct_top_customers'}}}) }}
-- The three years of a large group are the months of everybody in it. A returned row is a group for whom they are not,
-- or one left out although it bought more than one listed.
with

yearly as (
    select
        customers.group_customer_id,
        sum(case when months.months_back between 0 and 11 then months.revenue_net else 0 end) as revenue_0,
        sum(case when months.months_back between 12 and 23 then months.revenue_net else 0 end) as revenue_1,
        sum(case when months.months_back between 24 and 35 then months.revenue_net else 0 end) as revenue_2
    from {{ ref('fct_customer_months') }} as months
    inner join {{ ref('dim_customers') }} as customers on months.customer_id = customers.customer_id
    group by customers.group_customer_id
),

least_listed as (
    select min(revenue_net_12m) as revenue
    from {{ ref('fct_top_customers') }}
)

select
    yearly.group_customer_id,
    yearly.revenue_0,
    top.revenue_net_12m
from yearly
cross join least_listed
left join {{ ref('fct_top_customers') }} as top on yearly.group_customer_id = top.group_customer_id
where
    (top.group_customer_id is null and yearly.revenue_0 > least_listed.revenue)
    or top.revenue_net_12m != yearly.revenue_0
    or top.revenue_net_prior_12m != yearly.revenue_1
    or top.revenue_net_two_years_ago != yearly.revenue_2
