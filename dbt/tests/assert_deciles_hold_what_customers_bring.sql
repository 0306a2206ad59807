{{ config(meta={'dagster': {'ref': {'name': 'fct_value_deciles'}}}) }}
-- The deciles of customers together hold what the customers who bring more than nothing bring, to the cent, and their
-- shares end at one. A returned row is a measure where they do not.
with

deciles as (
    select
        measure,
        sum(units) as units,
        sum(amount) as amount,
        max(cumulative_share) as share
    from {{ ref('fct_value_deciles') }}
    where unit = 'customer'
    group by measure
),

customers as (
    {% for measure in ['revenue_net_12m', 'margin_net_12m', 'revenue_net', 'margin_net'] %}
    select
        '{{ measure }}' as measure,
        count(*) as units,
        sum({{ measure }}) as amount
    from {{ ref('dim_customers') }}
    where is_customer and {{ measure }} > 0
    having count(*) > 0
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select
    coalesce(deciles.measure, customers.measure) as measure,
    deciles.amount,
    customers.amount as expected_amount
from deciles
full outer join customers on deciles.measure = customers.measure
where
    coalesce(deciles.units, 0) != coalesce(customers.units, 0)
    or coalesce(deciles.amount, 0) != coalesce(customers.amount, 0)
    or deciles.share != 1
