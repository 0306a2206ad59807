-- Revenue of the window, and how much of it a deal leaves: each assessed customer's share as it was cut for his value.
select
    'transferable_revenue' as indicator_code,
    '' as breakdown,
    '' as breakdown_value,
    states.customer_id as unit_id,
    cast(states.revenue_net_12m * cuts.survival as {{ money() }}) as numerator,
    cast(states.revenue_net_12m as {{ money() }}) as denominator
from {{ ref('int_customer_states_classified') }} as states
inner join {{ ref('int_customer_transfer_cuts') }} as cuts on states.customer_id = cuts.customer_id
where states.run = 'current' and states.revenue_net_12m > 0
