-- What does a new customer cost by channel, and how soon is it earned back? (payback is read on the customers of three years)
-- 各渠道的获客成本与回收期（回收期按近三年客户计算）
select
    channels.channel,
    channels.channel_kind,
    channels.customers_new_12m,
    channels.revenue_net_12m,
    costs.spend,
    costs.cac,
    costs.revenue_net as revenue_net_of_new,
    costs.margin_net as margin_net_of_new,
    costs.roas,
    costs.ltv_cac,
    costs.payback_months
from acquisition.fct_channel_performance as channels
left join acquisition.fct_cac_ltv as costs on channels.channel = costs.channel
where channels.basis = 'acquisition'
order by channels.revenue_net_12m desc nulls last;
