with

current_run as (
    select * from {{ ref('int_runs_prepared') }}
    where run = 'current'
),

campaigns as (
    select campaigns.*
    from {{ ref('stg_crm__campaigns') }} as campaigns
    cross join current_run
    where
        campaigns.removed_on is null
        and coalesce(campaigns.started_on < current_run.cut_on, true)
),

spend as (
    select
        campaign_id,
        sum(spend) as spend,
        sum(impressions) as impressions,
        sum(clicks) as clicks
    from {{ ref('int_campaign_spend_prepared') }}
    where campaign_id is not null
    group by campaign_id
),

leads as (
    select
        leads.campaign_id,
        count(*) as leads,
        sum(case when leads.converted_on is not null then 1 else 0 end) as converted,
        sum(
            case when {{ days_between('leads.created_on', 'current_run.as_of_on') }} >= 180 then 1 else 0 end
        ) as leads_ripe,
        sum(
            case
                when
                    {{ days_between('leads.created_on', 'current_run.as_of_on') }} >= 180
                    and {{ days_between('leads.created_on', 'leads.converted_on') }} <= 180 then 1
                else 0
            end
        ) as converted_180d
    from {{ ref('int_leads_prepared') }} as leads
    cross join current_run
    where leads.campaign_id is not null
    group by leads.campaign_id
),

brought as (
    select
        attributed.campaign_id,
        count(*) as customers,
        sum(customers.revenue_net) as revenue_net,
        -- A customer of unknown margin makes the sum unknown.
        case when count(customers.margin_net) = count(*) then sum(customers.margin_net) end as margin_net
    from {{ ref('int_customer_campaigns_attributed') }} as attributed
    inner join {{ ref('dim_customers') }} as customers on attributed.customer_id = customers.customer_id
    where customers.is_customer
    group by attributed.campaign_id
),

-- A campaign that was deleted or never recorded still spent its money and brought its leads.
listed as (
    select campaign_id from campaigns
    union
    select campaign_id from spend
    union
    select campaign_id from leads
    union
    select campaign_id from brought
),

joined as (
    select
        listed.campaign_id,
        campaigns.channel,
        campaigns.is_online,
        campaigns.started_on,
        campaigns.ended_on,
        campaigns.campaign_id is not null as is_recorded,
        coalesce(campaigns.ended_on < current_run.cut_on, false) as is_ended,
        spend.spend,
        spend.impressions,
        spend.clicks,
        coalesce(leads.leads, 0) as leads,
        coalesce(leads.converted, 0) as converted,
        coalesce(leads.leads_ripe, 0) as leads_ripe,
        coalesce(leads.converted_180d, 0) as converted_180d,
        coalesce(brought.customers, 0) as customers,
        coalesce(brought.revenue_net, 0) as revenue_net,
        case when brought.campaign_id is null then 0 else brought.margin_net end as margin_net
    from listed
    cross join current_run
    left join campaigns on listed.campaign_id = campaigns.campaign_id
    left join spend on listed.campaign_id = spend.campaign_id
    left join leads on listed.campaign_id = leads.campaign_id
    left join brought on listed.campaign_id = brought.campaign_id
)

select
    campaign_id,
    channel,
    is_online,
    is_recorded,
    started_on,
    ended_on,
    is_ended,
    cast(spend as {{ money() }}) as spend,
    cast(impressions as bigint) as impressions,
    cast(clicks as bigint) as clicks,
    cast(leads as integer) as leads,
    cast(converted as integer) as converted,
    cast(leads_ripe as integer) as leads_ripe,
    cast(converted_180d as integer) as converted_180d,
    {{ steady('converted_180d / nullif(cast(leads_ripe as double), 0)') }} as conversion_180d,
    {{ steady(wilson_bound('converted_180d', 'leads_ripe', 'low')) }} as conversion_180d_ci_low,
    {{ steady(wilson_bound('converted_180d', 'leads_ripe', 'high')) }} as conversion_180d_ci_high,
    cast(customers as integer) as customers,
    cast(revenue_net as {{ money() }}) as revenue_net,
    cast(margin_net as {{ money() }}) as margin_net,
    {{ steady('cast(spend as double) / nullif(leads, 0)') }} as cost_per_lead,
    {{ steady('cast(spend as double) / nullif(customers, 0)') }} as cost_per_customer,
    {{ steady('cast(margin_net as double) / nullif(cast(spend as double), 0)') }} as roi
from joined
