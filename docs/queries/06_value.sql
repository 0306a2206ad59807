-- What will the book still bring in, by tier, and how sure is that?
-- 各价值层级的剩余价值及其区间
select
    scenario,
    case when breakdown = 'total' then 'all' else breakdown_value end as value_tier,
    customers,
    customers_assessed,
    residual_low,
    residual_value,
    residual_high,
    share_of_total,
    status
from value.fct_customer_equity
where breakdown in ('total', 'tier')
order by scenario, breakdown_value;
