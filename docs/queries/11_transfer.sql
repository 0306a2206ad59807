-- How much of the value survives the deal, and what takes the rest?
-- 交易后能保留多少价值，其余因何减损？
select
    position,
    step,
    customers,
    amount,
    value_low,
    value_after,
    value_high
from value.fct_transfer_bridge
order by position;
