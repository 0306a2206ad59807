-- Where the scores of RFM and the value tiers change, as of each date: quantiles of the book of that day, so that ties
-- get the same score.
with

states as (
    select * from {{ ref('int_customer_states_keyed') }}
    where is_customer and order_count > 0
),

runs as (
    select * from {{ ref('int_runs_prepared') }}
    where run in ('current', 'prior')
),

quantiles as (
    select
        runs.run,
        {{ quantiles(days_between('states.last_order_on', 'runs.as_of_on'), [0.2, 0.4, 0.6, 0.8]) }} as recency,
        {{ quantiles('states.order_count', [0.2, 0.4, 0.6, 0.8]) }} as frequency,
        {{ quantiles('states.revenue_net', [0.2, 0.4, 0.6, 0.8]) }} as monetary,
        {{ quantiles('coalesce(states.margin_net, states.revenue_net)', [0.5, 0.8]) }} as worth
    from states
    inner join runs on states.months_shift = runs.months_shift
    group by runs.run
)

select
    run,
    {% for measure in ['recency', 'frequency', 'monetary'] %}{% for share in [20, 40, 60, 80] %}
    {{ list_item(measure, loop.index) }} as {{ measure }}_{{ share }},
    {% endfor %}{% endfor %}
    {{ list_item('worth', 1) }} as worth_50,
    {{ list_item('worth', 2) }} as worth_80
from quantiles
