{{ config(meta={'dagster': {'ref': {'name': 'fct_ticket_performance'}}}) }}
-- Every ticket is opened in one month under one kind and priority, and what is not resolved is the backlog. A
-- returned row is a period and way of cutting it whose tickets do not add up.
with

tickets as (
    select
        count(*) as opened,
        sum(case when is_resolved then 0 else 1 end) as backlog
    from {{ ref('int_tickets_prepared') }}
),

cut as (
    select
        period_type,
        case when kind = 'all' then 'all' else 'each' end as kinds,
        case when priority = 'all' then 'all' else 'each' end as priorities,
        sum(opened) as opened,
        sum(case when period_type = 'window' then backlog end) as backlog
    from {{ ref('fct_ticket_performance') }}
    group by
        period_type,
        case when kind = 'all' then 'all' else 'each' end,
        case when priority = 'all' then 'all' else 'each' end
)

select
    cut.*,
    whole.opened as period_opened,
    tickets.opened as all_opened,
    tickets.backlog as all_backlog
from cut
cross join tickets
inner join cut as whole
    on
        cut.period_type = whole.period_type
        and whole.kinds = 'all'
        and whole.priorities = 'all'
where
    cut.opened != whole.opened
    or (cut.period_type = 'month' and cut.opened != tickets.opened)
    or (cut.period_type = 'window' and cut.backlog != tickets.backlog)
