{{ config(meta={'dagster': {'ref': {'name': 'fct_complaint_causes'}}}) }}
-- Each complaint of a period has one cause, unknown included, and the Pareto ends at the whole. A returned row is
-- a period that loses or doubles complaints.
with

complaints as (
    select
        sum(case when is_in_window then 1 else 0 end) as in_window,
        sum(case when is_in_prior_window then 1 else 0 end) as in_prior
    from {{ ref('int_tickets_prepared') }}
    where kind = 'complaint'
)

select
    causes.period_type,
    sum(causes.complaints) as complaints,
    max(causes.cumulative_share) as last_share
from {{ ref('fct_complaint_causes') }} as causes
cross join complaints
group by
    causes.period_type,
    complaints.in_window,
    complaints.in_prior
having
    sum(causes.complaints) != case causes.period_type
        when 'window' then complaints.in_window
        else complaints.in_prior
    end
    or abs(max(causes.cumulative_share) - 1) > 1e-9
