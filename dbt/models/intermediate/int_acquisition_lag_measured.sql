-- How long spend runs ahead of the customers it brings: the median time from lead to conversion, in months, where at
-- least thirty conversions were dated; the profile's setting otherwise. One row.
with

current_run as (
    select * from {{ ref('int_runs_prepared') }}
    where run = 'current'
),

-- The cohort that had 180 days, so that late converters are in it in their true share.
converted as (
    select
        count(*) as conversions,
        {{ quantile(days_between('leads.created_on', 'leads.converted_on'), 0.5) }} as median_days
    from {{ ref('int_leads_prepared') }} as leads
    cross join current_run
    where
        leads.created_on >= {{ add_months('current_run.cut_on', -18) }}
        and {{ days_between('leads.created_on', 'current_run.as_of_on') }} >= 180
        and {{ days_between('leads.created_on', 'leads.converted_on') }} between 0 and 180
)

select
    converted.conversions,
    converted.median_days,
    case when converted.conversions >= 30 then 'measured' else 'profile' end as lag_basis,
    cast(
        case
            when converted.conversions >= 30 then round(converted.median_days / 30.4375)
            else settings.cac_lag_months
        end as integer
    ) as lag_months
from current_run
inner join {{ ref('acquisition_settings') }} as settings on current_run.profile = settings.profile
cross join converted
