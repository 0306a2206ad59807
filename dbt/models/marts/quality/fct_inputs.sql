select
    entity,
    column_name,
    delivered,
    row_count,
    non_null_count
from {{ source('evidence', 'inputs') }}
