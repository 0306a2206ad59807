-- Of those who first bought in a year, how many buy again as the months go by? (pooled cohorts, complete months)
-- 各年首购客户随时间推移仍在购买的比例（合并批次，仅完整月份）
select
    extract(year from cohort_month) as cohort_year,
    months_since,
    sum(customers) as customers,
    sum(active) as active,
    sum(active) / cast(nullif(sum(customers), 0) as double) as retention
from cohort.fct_cohort_retention
where not is_partial and months_since in (1, 3, 6, 12, 18, 24, 36)
group by 1, 2
order by 1, 2;
