select
    cohort_month,
    months_since,
    is_partial,
    customers,
    active,
    active / cast(customers as double) as retention,
    {{ wilson_bound('active', 'customers', 'low') }} as retention_ci_low,
    {{ wilson_bound('active', 'customers', 'high') }} as retention_ci_high
from {{ ref('int_cohort_months_aggregated') }}
