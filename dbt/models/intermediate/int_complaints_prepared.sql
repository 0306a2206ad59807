-- Complaints known by as-of, each with its cause and whether it came again: the ticket was reopened, or the same
-- customer had complained of the same cause in the twelve months before. No cause on record is not the same cause.
with

complaints as (
    select * from {{ ref('int_tickets_prepared') }}
    where kind = 'complaint'
),

numbered as (
    select
        *,
        coalesce(reason, category) as cause,
        lag(opened_on) over (
            partition by customer_id, coalesce(reason, category) order by opened_at, ticket_id
        ) as earlier_on
    from complaints
)

select
    *,
    coalesce(is_reopened, false) as was_reopened,
    coalesce(
        customer_id is not null
        and cause is not null
        and earlier_on >= {{ add_months('opened_on', -12) }}, false
    ) as is_repeated
from numbered
