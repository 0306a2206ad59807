select
    delivery,
    file,
    entity,
    delivered,
    loaded,
    quarantined,
    duplicates,
    excluded,
    erased
from {{ source('evidence', 'row_accounting') }}
