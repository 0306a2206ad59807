-- The worlds that residual value is recomputed in.
select
    scenario,
    position,
    cast(discount_shift as double) as discount_shift,
    cast(demand_factor as double) as demand_factor,
    cast(margin_factor as double) as margin_factor
from {{ ref('value_scenarios') }}
