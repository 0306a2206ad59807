-- RFM scores and value tiers of the customers as of each run, by customer key; a segment name follows from the scores
-- by the rules below.
{{ config(materialized='view') }}

with

measures as (
    select
        runs.run,
        states.customer_key,
        {{ days_between('states.last_order_on', 'runs.as_of_on') }} as recency_days,
        states.order_count,
        states.revenue_net,
        coalesce(states.margin_net, states.revenue_net) as worth
    from {{ ref('int_customer_states_keyed') }} as states
    inner join {{ ref('int_runs_prepared') }} as runs on states.months_shift = runs.months_shift
    where states.is_customer and states.order_count > 0
),

scored as (
    select
        measures.*,
        thresholds.worth_50,
        thresholds.worth_80,
        1
        {% for share in [20, 40, 60, 80] %}
        + case when measures.recency_days <= thresholds.recency_{{ share }} then 1 else 0 end
        {% endfor %} as recency_score,
        1
        {% for share in [20, 40, 60, 80] %}
        + case when measures.order_count > thresholds.frequency_{{ share }} then 1 else 0 end
        {% endfor %} as frequency_score,
        1
        {% for share in [20, 40, 60, 80] %}
        + case when measures.revenue_net > thresholds.monetary_{{ share }} then 1 else 0 end
        {% endfor %} as monetary_score
    from measures
    inner join {{ ref('int_segment_thresholds_computed') }} as thresholds on measures.run = thresholds.run
)

select
    run,
    customer_key,
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
        when worth >= worth_80 then 'A'
        when worth >= worth_50 then 'B'
        else 'C'
    end as value_tier
from scored
