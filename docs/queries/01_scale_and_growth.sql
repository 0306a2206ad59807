-- How did the book grow, year by year, and what moved it?
-- 客户簿逐年如何增长，由什么推动？
select
    period_end_on,
    opening,
    new,
    reactivated,
    lost - lost_completed as churned,
    lost_completed as completed,
    closing,
    closing / cast(nullif(opening, 0) as double) - 1 as growth
from customer.fct_customer_census
where period_type = 'year'
order by period_end_on;
