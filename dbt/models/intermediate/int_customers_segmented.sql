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
        {% for share in [20, 40, 60, 80] %}
        {{ quantile('recency_days', share / 100) }} as recency_{{ share }},
        {{ quantile('order_count', share / 100) }} as frequency_{{ share }},
        {{ quantile('revenue_net', share / 100) }} as monetary_{{ share }},
        {% endfor %}
        {{ quantile('worth', 0.5) }} as worth_50,
        {{ quantile('worth', 0.8) }} as worth_80_tier
    from measures
    group by run
),

scored as (
    select
        measures.run,
        measures.customer_id,
        measures.recency_days,
        measures.order_count,
        measures.revenue_net,
        measures.worth,
        thresholds.worth_50,
        thresholds.worth_80_tier,
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
    inner join thresholds on measures.run = thresholds.run
)

select
    run,
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
