-- Which causes are behind most complaints, and are they answered in time?
-- 投诉主要源于哪些原因，是否按时处理？
select
    cause,
    complaints,
    complaint_share,
    cumulative_share,
    recurrence,
    sla_attainment,
    open
from service.fct_complaint_causes
where period_type = 'window'
order by cause_rank;
