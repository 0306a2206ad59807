-- Months from a customer's first order to the second, third ... sixth, or to as-of for whoever has not placed it yet.
with

reached as (
    select
        {{ list_item('first_order_periods', 1) }} as first_period,
        {% for order_number in range(2, 7) -%}
        {{ list_item('first_order_periods', order_number) }} as order_{{ order_number }}_period
        {{- ',' if not loop.last }}
        {% endfor %}
    from {{ ref('int_customer_totals_keyed') }}
    where first_order_on is not null
)

{% for order_number in range(2, 7) %}
select
    cast({{ order_number }} as integer) as order_number,
    cast(coalesce(order_{{ order_number }}_period, 0) - first_period as integer) as months,
    order_{{ order_number }}_period is not null as is_event,
    cast(count(*) as bigint) as customers
from reached
group by
    coalesce(order_{{ order_number }}_period, 0) - first_period,
    order_{{ order_number }}_period is not null
{{ 'union all' if not loop.last }}
{% endfor %}
