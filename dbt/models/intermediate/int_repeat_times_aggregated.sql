-- Months from a customer's first order to the second, third ... sixth, or to as-of for whoever has not placed it yet.
-- The totals keep the first six months with an order, each eightfold plus its orders.
{% set months_read = 6 %}
with

first_months as (
    select
        {% for month in range(1, months_read + 1) %}
        {{ list_item('first_order_months', month) }} >> 3 as month_{{ month }},
        {{ list_item('first_order_months', month) }} & 7 as orders_{{ month }} {{- ',' if not loop.last }}
        {% endfor %}
    from {{ ref('int_customer_totals_keyed') }}
    where first_order_on is not null
),

-- The month up to which the orders add up to so many.
reached as (
    select
        month_1 as first_month,
        {% for order_number in range(2, 7) %}
        case
            {% for month in range(1, order_number + 1) %}
            when
                {% for earlier in range(1, month + 1) -%}
                    {{ '+ ' if not loop.first }}orders_{{ earlier }}{{ ' ' if not loop.last }}
                {%- endfor %} >= {{ order_number }}
                then month_{{ month }}
            {% endfor %}
        end as order_{{ order_number }}_month {{- ',' if not loop.last }}
        {% endfor %}
    from first_months
)

{% for order_number in range(2, 7) %}
select
    cast({{ order_number }} as integer) as order_number,
    cast(first_month - coalesce(order_{{ order_number }}_month, 0) as integer) as months,
    order_{{ order_number }}_month is not null as is_event,
    cast(count(*) as bigint) as customers
from reached
group by
    first_month - coalesce(order_{{ order_number }}_month, 0),
    order_{{ order_number }}_month is not null
{{ 'union all' if not loop.last }}
{% endfor %}
