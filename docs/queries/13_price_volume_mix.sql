-- Why did revenue change from last year: customers won and lost, price, volume or mix?
-- 收入较上年为何变动：客户得失、价格、数量还是结构？
select
    bridge,
    year_end_on,
    component,
    sum(amount) as amount,
    max(revenue_from) as revenue_from,
    max(revenue_to) as revenue_to,
    sum(amount) / cast(nullif(max(revenue_from), 0) as double) as share_of_revenue_from
from customer.fct_price_volume_mix
where years_back = 0
group by bridge, year_end_on, component
order by bridge, amount desc;
