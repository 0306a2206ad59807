-- Risk: what each customer adds to the two sides of a quotient of sums.
with

receivables as (
    select * from {{ ref('int_receivables_prepared') }}
)

select
    'overdue_share' as indicator_code,
    '' as breakdown,
    '' as breakdown_value,
    customer_id as unit_id,
    cast(sum(case when days_overdue > 0 then open_amount else 0 end) as {{ money() }}) as numerator,
    cast(sum(open_amount) as {{ money() }}) as denominator
from receivables
group by customer_id
having sum(open_amount) > 0
