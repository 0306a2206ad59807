{{ config(meta={'dagster': {'ref': {'name': 'fct_suggestions'}}}) }}
-- Each suggestion of a period stands under one category and under all, and none is carried out without an
-- improvement. A returned row is a period that does not add up.
with

tickets as (
    select
        sum(case when is_in_window then 1 else 0 end) as in_window,
        sum(case when is_in_prior_window then 1 else 0 end) as in_prior
    from {{ ref('int_tickets_prepared') }}
    where kind = 'suggestion'
)

select
    suggestions.period_type,
    sum(case when suggestions.category = 'all' then suggestions.received else 0 end) as received,
    sum(case when suggestions.category != 'all' then suggestions.received else 0 end) as received_by_category
from {{ ref('fct_suggestions') }} as suggestions
cross join tickets
group by
    suggestions.period_type,
    tickets.in_window,
    tickets.in_prior
having
    sum(case when suggestions.category = 'all' then suggestions.received else 0 end)
    != case suggestions.period_type when 'window' then tickets.in_window else tickets.in_prior end
    or sum(case when suggestions.category = 'all' then suggestions.received else -suggestions.received end) != 0
    or max(suggestions.done - suggestions.with_improvement) > 0
    or max(suggestions.adopted + suggestions.undecided - suggestions.received) > 0
