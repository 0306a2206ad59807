-- What each customer's months add up to, by customer key: one pass, from which the states, the purchase tuples and the
-- times to a repeat order are read. Sums stand by the year they fall in, counted back from as-of: `y0` the year that
-- ends there, `past` all before it, which is what the prior run knows, and of that `y1` the year it ends with. Whether
-- there was anything, or anything unknown, is a bit each: 1 for y0, 2 for y1, 4 for before.
{% set years = {
    'y0': 'months_back < 12',
    'y1': 'months_back between 12 and 23',
    'past': 'months_back >= 12',
} %}
{% set year_bit = 'case when months_back < 12 then 1 when months_back < 24 then 2 else 4 end' %}
{% set months_measures = [
    ('orders', ['y0', 'y1', 'past'], 'integer'),
    ('order_days', ['y0', 'past'], 'integer'),
    ('revenue_net', ['y0', 'y1', 'past'], money()),
    ('margin_net', ['y0', 'y1', 'past'], money()),
] %}
{% set one_month = 2147483647 %}
{% set month_unit = 2147483648 %}
{% set dates = ['first', 'last', 'last_past'] %}
with

-- A month and its days with an order as one number: the least is the first month with its days, the greatest the last.
months as (
    select
        *,
        {{ year_bit }} as year_bit,
        case
            when orders > 0
                then {{ days_between("date '1970-01-01'", 'month_on') }} * cast({{ month_unit }} as bigint) + order_bits
        end as dated_bits
    from {{ ref('int_customer_months_keyed') }}
),

summed as (
    select
        {% for measure, of_years, _ in months_measures %}{% for year in of_years %}
        sum(case when {{ years[year] }} then {{ measure }} else 0 end) as {{ measure }}_{{ year }},
        {% endfor %}{% endfor %}
        bit_or(year_bit) as active_years,
        bit_or(case when margin_net is null then year_bit else 0 end) as unknown_margin_years,
        min(dated_bits) as first_bits,
        max(dated_bits) as last_bits,
        max(case when {{ years.past }} then dated_bits end) as last_past_bits,
        {{ largest('case when orders > 0 then months_back * 8 + least(orders, 7) end', 6) }} as first_order_months,
        customer_key
    from months
    group by customer_key
),

dated as (
    select
        *,
        {% for date in dates %}
        {{ add_days("date '1970-01-01'", date ~ '_bits >> 31') }} as {{ date }}_month_on {{- ',' if not loop.last }}
        {% endfor %}
    from summed
),

ordered as (
    select
        *,
        {{ lowest_day('first_month_on', '(first_bits & ' ~ one_month ~ ')') }} as first_order_on,
        {{ highest_day('last_month_on', '(last_bits & ' ~ one_month ~ ')') }} as last_order_on,
        {{ highest_day('last_past_month_on', '(last_past_bits & ' ~ one_month ~ ')') }} as last_order_past_on
    from dated
),

-- Purchases are what no contract booked: of a customer without a contract all his orders, of the others what the events
-- say.
contracted as (
    select distinct customer_key
    from {{ ref('int_revenue_events_keyed') }}
    where is_contractual
),

contracted_events as (
    select
        events.customer_key,
        events.occurred_on,
        events.months_back,
        events.orders > 0 and not events.is_contractual as is_purchase,
        case when events.is_contractual then 0 else events.margin_net end as margin_net
    from {{ ref('int_revenue_events_keyed') }} as events
    inner join contracted on events.customer_key = contracted.customer_key
),

purchases as (
    select
        {% for year in ['y0', 'past'] %}
        sum(case when {{ years[year] }} then margin_net else 0 end) as margin_net_{{ year }},
        {% endfor %}
        bit_or(case when margin_net is null then {{ year_bit }} else 0 end) as unknown_margin_years,
        min(case when is_purchase then occurred_on end) as first_order_on,
        max(case when is_purchase then occurred_on end) as last_order_on,
        max(case when is_purchase and {{ years.past }} then occurred_on end) as last_order_past_on,
        {% for year in ['y0', 'past'] %}
        count(distinct case when is_purchase and {{ years[year] }} then occurred_on end) as order_days_{{ year }},
        {% endfor %}
        customer_key
    from contracted_events
    group by customer_key
)

select
    ordered.customer_key,
    {% for measure, of_years, type in months_measures %}{% for year in of_years %}
    cast(ordered.{{ measure }}_{{ year }} as {{ type }}) as {{ measure }}_{{ year }},
    {% endfor %}{% endfor %}
    ordered.active_years,
    ordered.unknown_margin_years,
    {% for measure, name, type in [
        ('order_days_y0', 'purchase_days_y0', 'integer'),
        ('order_days_past', 'purchase_days_past', 'integer'),
        ('margin_net_y0', 'purchase_margin_net_y0', money()),
        ('margin_net_past', 'purchase_margin_net_past', money()),
        ('unknown_margin_years', 'unknown_purchase_years', 'integer'),
        ('first_order_on', 'first_purchase_on', 'date'),
        ('last_order_on', 'last_purchase_on', 'date'),
        ('last_order_past_on', 'last_purchase_past_on', 'date'),
    ] %}
    cast(
        case when purchases.customer_key is null then ordered.{{ measure }} else purchases.{{ measure }} end
        as {{ type }}
    ) as {{ name }},
    {% endfor %}
    ordered.first_order_on,
    ordered.last_order_on,
    ordered.last_order_past_on,
    -- Of the first months with an order, each eightfold plus its orders, which are counted up to seven.
    ordered.first_order_months
from ordered
left join purchases on ordered.customer_key = purchases.customer_key
