-- What could not be assessed, and which document would open it?
-- 哪些无法评估，需要补充哪些资料？
select
    dimension,
    indicator_code,
    name_en,
    name_zh,
    status,
    reason,
    reason_zh
from score.fct_indicators
where breakdown = '' and status != 'assessed'
order by status, dimension, indicator_code;
