-- Every indicator that is a quotient of two sums over units (customers, tickets, staff): a share of money, a mean. A
-- mean has a denominator of 1. Decimals, so that sums do not depend on order. One row per indicator, breakdown, unit.
{% set dimensions = [
    'data_quality',
    'crm',
    'risk',
    'market',
    'loyalty',
    'retention',
    'channels',
    'service',
    'relationship',
    'structure',
    'book_value',
    'value_predicted',
    'segmentation',
] %}
with

unioned as (
    {% for dimension in dimensions %}
    select * from {{ ref('int_ratio_parts_' ~ dimension) }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
)

select
    indicator_code,
    breakdown,
    breakdown_value,
    unit_id,
    cast(sum(numerator) as {{ money() }}) as numerator,
    cast(sum(denominator) as {{ money() }}) as denominator
from unioned
where numerator is not null and denominator is not null
group by
    indicator_code,
    breakdown,
    breakdown_value,
    unit_id
