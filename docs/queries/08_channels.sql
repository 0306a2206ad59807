-- What does a new customer cost by channel, and how soon is it earned back?
-- 各渠道的获客成本与回收期
select
    channels.channel,
    channels.channel_kind,
    channels.customers_new_12m,
    channels.revenue_net_12m,
    costs.spend,
    costs.cac,
    costs.roas,
    costs.payback_months
from acquisition.fct_channel_performance as channels
left join acquisition.fct_cac_ltv as costs on channels.channel = costs.channel
where channels.basis = 'acquisition'
order by channels.revenue_net_12m desc nulls last;
