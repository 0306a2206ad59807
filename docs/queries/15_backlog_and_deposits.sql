-- What is booked and not delivered yet, month by month of the event, and how much money was taken for it?
-- 已预订未交付的订单按事件月份分布，其中已收款多少？
select
    standing,
    event_period,
    orders,
    customers,
    order_value,
    undelivered_value,
    money_taken,
    deposits_liability,
    still_to_collect
from customer.fct_backlog
order by event_month nulls last;
