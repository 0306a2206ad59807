-- Who is the book made of, and how much of the revenue does each group bring?
-- 客户簿由哪些客户构成，各自带来多少收入？
select
    breakdown,
    breakdown_value,
    customers,
    customers_active,
    revenue_net_12m,
    customer_share,
    revenue_share
from customer.fct_customer_mix
where breakdown in ('customer_type', 'region', 'industry', 'acquisition_channel')
order by breakdown, revenue_net_12m desc nulls last;
