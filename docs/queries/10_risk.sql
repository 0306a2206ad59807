-- How concentrated is the revenue, and is it becoming more so?
-- 收入集中度及其变化
select
    cut,
    run,
    buckets,
    revenue,
    hhi,
    effective_number,
    top1_share,
    top10_share,
    unknown_share
from risk.fct_concentration
order by cut, run;
