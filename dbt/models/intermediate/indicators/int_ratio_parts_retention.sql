-- Retention: what each customer adds to the two sides of a quotient of sums.
with

moved as (
    select * from {{ ref('int_recurring_revenue_moved') }}
    where years_back = 0 and opening > 0
),

losses as (
    select * from {{ ref('int_losses_prepared') }}
    where win_back_cost is not null
)

select
    'grr' as indicator_code,
    '' as breakdown,
    '' as breakdown_value,
    customer_id as unit_id,
    cast(opening - churn - contraction as {{ money() }}) as numerator,
    cast(opening as {{ money() }}) as denominator
from moved

union all

select
    'nrr',
    '',
    '',
    customer_id,
    closing,
    opening
from moved

union all

select
    'win_back_cost',
    '',
    '',
    customer_id,
    win_back_cost,
    case when won_back_on >= first_called_on then 1 else 0 end
from losses
