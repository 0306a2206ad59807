-- Data quality: the share of evaluated cells and rows that met their expectations, per dimension.
select
    'dq_' || dimension as indicator_code,
    '' as breakdown,
    '' as breakdown_value,
    cast(null as double) as value,
    cast(evaluated - unexpected as double) as numerator,
    cast(evaluated as double) as denominator,
    evaluated as n,
    cast(null as double) as ci_low,
    cast(null as double) as ci_high
from {{ ref('fct_dimension_quality') }}
