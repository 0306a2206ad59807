select
    response_id,
    invite_id,
    customer_id,
    instrument,
    topic,
    method,
    invited_at,
    cast(invited_at as date) as invited_on,
    responded_at,
    cast(responded_at as date) as responded_on,
    score,
    scale_min,
    scale_max,
    comment is not null as has_comment,
    _delivered_on as delivered_on,
    _removed_on as removed_on
from {{ source('raw', 'survey_responses') }}
