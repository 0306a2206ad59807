-- Who are the twenty largest groups, over three years, under which contract, and what do they owe?
-- 最大的二十家客户集团：三年收入、合同与逾期
select
    rank,
    group_customer_id,
    customer_type,
    revenue_net_two_years_ago,
    revenue_net_prior_12m,
    revenue_net_12m,
    revenue_share,
    revenue_share_cumulated,
    live_annual_value,
    contract_last_end_on,
    overdue_amount
from customer.fct_top_customers
order by rank;
