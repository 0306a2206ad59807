-- The one pass over the touches: what care each customer has had. "In 180 days" are the 180 days that end at as-of.
with

touches as (
    select * from {{ ref('int_touches_prepared') }}
    where customer_id is not null
)

select
    customer_id,
    max(occurred_on) as last_touch_on,
    max(case when is_human then occurred_on end) as last_human_touch_on,
    min(case when is_human then days_ago end) as days_since_human_touch,
    sum(case when is_human and days_ago < 180 then 1 else 0 end) as human_touches_180d,
    sum(case when is_human and is_in_window then 1 else 0 end) as human_touches_12m,
    sum(case when not is_human and is_in_window then 1 else 0 end) as automated_touches_12m,
    sum(case when is_in_window then minutes end) as minutes_12m,
    sum(case when is_in_window then cost end) as cost_12m
from touches
group by customer_id
