-- Who brings other customers, how many and worth what?
-- 谁带来新客户，带来多少，价值多少？
select
    customer_id,
    referred_customers,
    referred_revenue_net,
    network_customers,
    network_depth
from customer.fct_referral_network
where referred_customers > 0
order by referred_revenue_net desc nulls last, customer_id
limit 20;
