-- RFM scores and value tiers of the customers as of each run. Thresholds are quantiles of the book of that day, so that
-- ties get the same score; a segment name follows from the scores by the rules below.
with

states as (
    select * from {{ ref('int_customer_states_classified') }}
    where is_customer and run in ('current', 'prior')
),

runs as (
    select * from {{ ref('int_runs_prepared') }}
),

measures as (
    select
        states.run,
        states.customer_key,
        states.customer_id,
        {{ days_between('states.last_order_on', 'runs.as_of_on') }} as recency_days,
        states.order_count,
        states.revenue_net,
        coalesce(states.margin_net, states.revenue_net) as worth
    from states
    inner join runs on states.run = runs.run
    where states.order_count > 0
),

thresholds as (
    select
        run,
        {{ quantiles('recency_days', [0.2, 0.4, 0.6, 0.8]) }} as recency,
        {{ quantiles('order_count', [0.2, 0.4, 0.6, 0.8]) }} as frequency,
        {{ quantiles('revenue_net', [0.2, 0.4, 0.6, 0.8]) }} as monetary,
        {{ quantiles('worth', [0.5, 0.8]) }} as worth
    from measures
    group by run
),

scored as (
    select
        measures.run,
        measures.customer_key,
        measures.customer_id,
        measures.recency_days,
        measures.order_count,
        measures.revenue_net,
        measures.worth,
        {{ list_item('thresholds.worth', 1) }} as worth_50,
        {{ list_item('thresholds.worth', 2) }} as worth_80_tier,
        1
        {% for share in [20, 40, 60, 80] %}
        + case when measures.recency_days <= {{ list_item('thresholds.recency', loop.index) }} then 1 else 0 end
        {% endfor %} as recency_score,
        1
        {% for share in [20, 40, 60, 80] %}
        + case when measures.order_count > {{ list_item('thresholds.frequency', loop.index) }} then 1 else 0 end
        {% endfor %} as frequency_score,
        1
        {% for share in [20, 40, 60, 80] %}
        + case when measures.revenue_net > {{ list_item('thresholds.monetary', loop.index) }} then 1 else 0 end
        {% endfor %} as monetary_score
    from measures
    inner join thresholds on measures.run = thresholds.run
)

select
    run,
    customer_key,
    customer_id,
    recency_days,
    order_count,
    revenue_net,
    recency_score,
    frequency_score,
    monetary_score,
    case
        when recency_score >= 4 and greatest(frequency_score, monetary_score) >= 4 then 'champions'
        when recency_score >= 4 then 'recent'
        when recency_score = 3 and greatest(frequency_score, monetary_score) >= 4 then 'loyal'
        when recency_score = 3 then 'needs_attention'
        when greatest(frequency_score, monetary_score) >= 4 then 'at_risk'
        else 'hibernating'
    end as rfm_segment,
    case
        when worth >= worth_80_tier then 'A'
        when worth >= worth_50 then 'B'
        else 'C'
    end as value_tier
from scored
