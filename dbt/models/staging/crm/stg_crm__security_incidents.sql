select
    incident_id,
    occurred_at,
    cast(occurred_at as date) as occurred_on,
    kind,
    records_affected,
    closed_at,
    cast(closed_at as date) as closed_on,
    responsible_staff_id,
    sanction,
    _delivered_on as delivered_on,
    _removed_on as removed_on
from {{ source('raw', 'security_incidents') }}
