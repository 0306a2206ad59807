select
    entity,
    column_name as "column",
    delivered,
    row_count as rows,
    non_null_count as non_null
from {{ source('evidence', 'inputs') }}
