-- Months from a customer's first order to the second, third ... sixth, or to as-of for whoever has not placed it yet.
with

months as (
    select
        customer_key,
        months_back,
        month_on,
        orders
    from {{ ref('int_customer_months_keyed') }}
    where orders > 0
),

-- Two calendar months can share a month counted back from as-of: whichever of them reaches an order, it is that month.
running as (
    select
        customer_key,
        months_back,
        sum(orders) over (
            partition by customer_key
            order by months_back desc, month_on asc
            rows between unbounded preceding and current row
        ) as orders_so_far
    from months
),

reached as (
    select
        customer_key,
        max(months_back) as first_months_back,
        {% for order_number in range(2, 7) -%}
        max(case when orders_so_far >= {{ order_number }} then months_back end) as order_{{ order_number }}_months_back
        {{- ',' if not loop.last }}
        {% endfor %}
    from running
    group by customer_key
)

{% for order_number in range(2, 7) %}
select
    cast({{ order_number }} as integer) as order_number,
    cast(first_months_back - coalesce(order_{{ order_number }}_months_back, 0) as integer) as months,
    order_{{ order_number }}_months_back is not null as is_event,
    cast(count(*) as bigint) as customers
from reached
group by
    first_months_back - coalesce(order_{{ order_number }}_months_back, 0),
    order_{{ order_number }}_months_back is not null
{{ 'union all' if not loop.last }}
{% endfor %}
