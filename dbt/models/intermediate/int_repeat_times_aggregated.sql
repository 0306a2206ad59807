-- Months from a customer's first order to the second, third ... sixth, or to as-of for whoever has not placed it yet.
with

-- Two calendar months can share a month counted back from as-of.
months as (
    select
        customer_id,
        months_back,
        sum(orders) as orders
    from {{ ref('int_customer_months_aggregated') }}
    where orders > 0
    group by
        customer_id,
        months_back
),

running as (
    select
        customer_id,
        months_back,
        sum(orders) over (
            partition by customer_id
            order by months_back desc
            rows between unbounded preceding and current row
        ) as orders_so_far
    from months
),

reached as (
    select
        customer_id,
        max(months_back) as first_months_back,
        {% for order_number in range(2, 7) -%}
        max(case when orders_so_far >= {{ order_number }} then months_back end) as order_{{ order_number }}_months_back
        {{- ',' if not loop.last }}
        {% endfor %}
    from running
    group by customer_id
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
