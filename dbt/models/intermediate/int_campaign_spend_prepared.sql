-- What was spent on marketing by as-of, by the channel that names it or its campaign. Spend nobody names a channel for
-- stays, without one.
with

current_run as (
    select * from {{ ref('int_runs_prepared') }}
    where run = 'current'
),

campaigns as (
    select * from {{ ref('stg_crm__campaigns') }}
    where removed_on is null
)

select
    spend.campaign_id,
    coalesce(spend.channel, campaigns.channel) as channel,
    spend.period_start as period_start_on,
    cast(spend.spend as {{ money() }}) as spend,
    spend.impressions,
    spend.clicks,
    spend.period_start >= current_run.window_start_on as is_in_window
from {{ ref('stg_crm__campaign_spend') }} as spend
cross join current_run
left join campaigns on spend.campaign_id = campaigns.campaign_id
where
    spend.removed_on is null
    and spend.period_start < current_run.cut_on
