select
    stage,
    relation,
    name,
    expectation,
    column_name,
    dimension,
    severity,
    status,
    element_count,
    unexpected_count,
    unexpected_share,
    threshold,
    description_en,
    description_zh,
    reason
from {{ source('evidence', 'expectation_results') }}
