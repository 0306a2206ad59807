-- What is known of each channel: whether it is online (its own record, else its campaigns'), and whether its name says
-- that customers brought each other or came by themselves. One row per channel that occurs anywhere.
with

channels as (
    select * from {{ ref('stg_crm__channels') }}
    where removed_on is null
),

campaigns as (
    select
        channel,
        max(case when is_online then 1 when not is_online then 0 end) = 1 as is_online
    from {{ ref('stg_crm__campaigns') }}
    where removed_on is null and channel is not null
    group by channel
),

named as (
    select channel from channels
    union
    select channel from campaigns
    union
    select acquisition_channel as channel from {{ ref('int_customers_unioned') }}
    union
    select channel from {{ ref('int_orders_prepared') }}
    union
    select channel from {{ ref('int_campaign_spend_prepared') }}
    union
    select source_channel as channel from {{ ref('int_leads_prepared') }}
),

kinds as (
    select
        named.channel,
        max(words.channel_kind) as channel_kind
    from named
    inner join {{ ref('channel_words') }} as words on lower(named.channel) like '%' || words.word || '%'
    group by named.channel
)

select
    named.channel,
    coalesce(channels.is_online, campaigns.is_online) as is_online,
    kinds.channel_kind
from named
left join channels on named.channel = channels.channel
left join campaigns on named.channel = campaigns.channel
left join kinds on named.channel = kinds.channel
where named.channel is not null
