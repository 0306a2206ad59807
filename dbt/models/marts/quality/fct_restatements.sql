select
    entity,
    record_key,
    column_name,
    old_value,
    new_value,
    delivery
from {{ source('evidence', 'restatements') }}
