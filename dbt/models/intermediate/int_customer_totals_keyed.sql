-- What each customer's months and events add up to, by customer key: one pass over each, from which the states, the
-- purchase tuples and the times to a repeat order are read. Sums stand by the year they fall in, counted back from
-- as-of: `y0` the year that ends there, `past` all before it, which is what the prior run knows, and of that `y1` the
-- year it ends with. Whether there was anything, or anything unknown, is a bit each: 1 for y0, 2 for y1, 4 for before.
{% set years = {
    'y0': 'months_back < 12',
    'y1': 'months_back between 12 and 23',
    'past': 'months_back >= 12',
} %}
{% set year_bit = 'case when months_back < 12 then 1 when months_back < 24 then 2 else 4 end' %}
{% set months_measures = [
    ('orders', ['y0', 'y1', 'past'], 'integer'),
    ('order_days', ['y0', 'past'], 'integer'),
    ('purchase_days', ['y0', 'past'], 'integer'),
    ('revenue_net', ['y0', 'y1', 'past'], money()),
    ('margin_net', ['y0', 'y1', 'past'], money()),
] %}
with

months as (
    select
        *,
        {{ year_bit }} as year_bit
    from {{ ref('int_customer_months_keyed') }}
),

events as (
    select
        customer_key,
        occurred_on,
        months_back,
        orders > 0 as is_order,
        orders > 0 and not is_contractual as is_purchase,
        case when is_contractual then 0 else margin_net end as purchase_margin_net,
        case when not is_contractual and margin_net is null then {{ year_bit }} else 0 end as unknown_purchase_bit
    from {{ ref('int_revenue_events_keyed') }}
),

summed as (
    select
        {% for measure, of_years, _ in months_measures %}{% for year in of_years %}
        sum(case when {{ years[year] }} then {{ measure }} else 0 end) as {{ measure }}_{{ year }},
        {% endfor %}{% endfor %}
        bit_or(year_bit) as active_years,
        bit_or(case when margin_net is null then year_bit else 0 end) as unknown_margin_years,
        customer_key
    from months
    group by customer_key
),

dated as (
    select
        {% for year in ['y0', 'past'] %}
        sum(case when {{ years[year] }} then purchase_margin_net else 0 end) as purchase_margin_net_{{ year }},
        {% endfor %}
        bit_or(unknown_purchase_bit) as unknown_purchase_years,
        min(case when is_order then occurred_on end) as first_order_on,
        max(case when is_order then occurred_on end) as last_order_on,
        max(case when is_order and {{ years.past }} then occurred_on end) as last_order_past_on,
        min(case when is_purchase then occurred_on end) as first_purchase_on,
        max(case when is_purchase then occurred_on end) as last_purchase_on,
        max(case when is_purchase and {{ years.past }} then occurred_on end) as last_purchase_past_on,
        {{ smallest('case when is_order then -months_back end', 6) }} as first_order_periods,
        customer_key
    from events
    group by customer_key
)

select
    summed.customer_key,
    {% for measure, of_years, type in months_measures %}{% for year in of_years %}
    cast(summed.{{ measure }}_{{ year }} as {{ type }}) as {{ measure }}_{{ year }},
    {% endfor %}{% endfor %}
    summed.active_years,
    summed.unknown_margin_years,
    {% for year in ['y0', 'past'] %}
    cast(dated.purchase_margin_net_{{ year }} as {{ money() }}) as purchase_margin_net_{{ year }},
    {% endfor %}
    dated.unknown_purchase_years,
    dated.first_order_on,
    dated.last_order_on,
    dated.last_order_past_on,
    dated.first_purchase_on,
    dated.last_purchase_on,
    dated.last_purchase_past_on,
    -- In which month each of the first six orders was placed, counted towards as-of.
    dated.first_order_periods
from summed
inner join dated on summed.customer_key = dated.customer_key
