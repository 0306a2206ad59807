-- Channels and marketing: what each customer or campaign adds to the two sides of a quotient of sums.
with

current_run as (
    select * from {{ ref('int_runs_prepared') }}
    where run = 'current'
),

customers as (
    select
        customers.customer_id,
        coalesce(customers.acquisition_channel, 'unknown') as channel,
        described.is_online,
        customers.is_active,
        customers.revenue_net_12m,
        customers.margin_net_12m
    from {{ ref('dim_customers') }} as customers
    left join {{ ref('int_channels_described') }} as described on customers.acquisition_channel = described.channel
    where customers.is_customer
),

newcomers as (
    select
        customers.customer_id,
        customers.revenue_net_12m,
        customer_values.margin_historic + customer_values.residual_value as lifetime_value,
        costs.cac
    from {{ ref('dim_customers') }} as customers
    cross join current_run
    inner join {{ ref('fct_cac_ltv') }} as costs on costs.channel = 'all'
    left join {{ ref('fct_customer_value') }} as customer_values
        on customers.customer_id = customer_values.customer_id
    where customers.is_customer and customers.first_order_on >= current_run.window_start_on and costs.cac > 0
),

campaigns as (
    select campaigns.*
    from {{ ref('fct_campaign_performance') }} as campaigns
    cross join current_run
    where
        campaigns.spend > 0
        and campaigns.ended_on >= {{ add_months('current_run.cut_on', -30) }}
        and {{ days_between('campaigns.ended_on', 'current_run.as_of_on') }} >= 180
),

orders as (
    select
        coalesce(orders.customer_id, orders.order_id) as unit_id,
        partners.kind as partner_kind,
        case when orders.is_return then -abs(orders.revenue_net) else orders.revenue_net end as revenue_net
    from {{ ref('int_orders_prepared') }} as orders
    cross join current_run
    left join {{ ref('fct_partner_performance') }} as partners on orders.partner_id = partners.partner_id
    where not orders.is_cancelled and orders.ordered_on >= current_run.window_start_on
),

kinds as (
    select distinct partner_kind
    from orders
    where partner_kind is not null
),

parts as (
    {% for code, is_online in [('online_share', 'is_online'), ('offline_share', 'not is_online')] %}
    select
        '{{ code }}' as indicator_code,
        '' as breakdown,
        '' as breakdown_value,
        customer_id as unit_id,
        case when {{ is_online }} then revenue_net_12m else 0 end as numerator,
        revenue_net_12m as denominator
    from customers
    where revenue_net_12m != 0

    union all

    select
        '{{ code }}',
        'measure',
        'active_customers',
        customer_id,
        case when {{ is_online }} then 1 else 0 end,
        1
    from customers
    where is_active

    union all
    {% endfor %}

    -- Where a margin is unknown neither side is counted.
    select
        'channel_margin' as indicator_code,
        '' as breakdown,
        '' as breakdown_value,
        customer_id as unit_id,
        margin_net_12m as numerator,
        revenue_net_12m as denominator
    from customers
    where margin_net_12m is not null and revenue_net_12m != 0

    union all

    select
        'channel_margin',
        'channel',
        channel,
        customer_id,
        margin_net_12m,
        revenue_net_12m
    from customers
    where margin_net_12m is not null and revenue_net_12m != 0

    union all

    select
        'campaign_roi',
        '',
        '',
        campaign_id,
        margin_net,
        spend
    from campaigns
    where margin_net is not null

    union all

    select
        'campaign_roi',
        'channel',
        coalesce(channel, 'unknown'),
        campaign_id,
        margin_net,
        spend
    from campaigns
    where margin_net is not null

    union all

    -- Each new customer at the cost of one: the interval holds the spread of what they bring.
    select
        'roas',
        '',
        '',
        customer_id,
        revenue_net_12m,
        cac
    from newcomers

    union all

    select
        'ltv_cac',
        '',
        '',
        customer_id,
        lifetime_value,
        cac
    from newcomers
    where lifetime_value is not null

    union all

    select
        'partner_share',
        '',
        '',
        unit_id,
        case when partner_kind is not null then revenue_net else 0 end,
        revenue_net
    from orders

    union all

    select
        'partner_share',
        'partner_kind',
        kinds.partner_kind,
        orders.unit_id,
        case when orders.partner_kind = kinds.partner_kind then orders.revenue_net else 0 end,
        orders.revenue_net
    from orders
    cross join kinds
)

select
    indicator_code,
    breakdown,
    breakdown_value,
    unit_id,
    cast(numerator as {{ money() }}) as numerator,
    cast(denominator as {{ money() }}) as denominator
from parts
