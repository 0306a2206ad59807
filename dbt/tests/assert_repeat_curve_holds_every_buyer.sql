{{ config(meta={'dagster': {'ref': {'name': 'fct_repeat_curve'}}}) }}
-- Every buyer is watched for each order number, and who reached it is who has that many orders. A returned row is a
-- curve with too many or too few.
with

curves as (
    select
        order_number,
        sum(reached + censored) as buyers,
        sum(reached) as reached
    from {{ ref('fct_repeat_curve') }}
    group by order_number
),

counted as (
    select
        curves.order_number,
        count(*) as buyers,
        sum(case when customers.order_count >= curves.order_number then 1 else 0 end) as reached
    from curves
    cross join {{ ref('dim_customers') }} as customers
    where customers.order_count > 0
    group by curves.order_number
)

select
    curves.order_number,
    curves.buyers,
    curves.reached
from curves
inner join counted on curves.order_number = counted.order_number
where curves.buyers != counted.buyers or curves.reached != counted.reached
