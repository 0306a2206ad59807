select
    rater_id,
    indicator_code,
    score,
    evidence is not null as has_evidence,
    rated_on,
    _delivered_on as delivered_on,
    _removed_on as removed_on
from {{ source('raw', 'qualitative_ratings') }}
