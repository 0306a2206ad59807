-- What did each value tier and channel buy in the last twelve months, by category? (rows without a category carry the orders)
-- 近12个月各价值层级与渠道在各品类的购买（无品类的行计订单数）
select
    value_tier,
    acquisition_channel,
    category,
    sum(orders) as orders,
    sum(quantity) as quantity,
    sum(revenue_net) as revenue_net,
    sum(margin_net) as margin_net
from customer.fct_customer_cube
where months_back between 0 and 11
group by value_tier, acquisition_channel, category
having sum(revenue_net) != 0
order by value_tier, revenue_net desc;
