{% set months_followed = 36 %}
with

current_run as (
    select * from {{ ref('int_runs_prepared') }}
    where run = 'current'
),

lag_measured as (
    select * from {{ ref('int_acquisition_lag_measured') }}
),

-- Spend of the twelve months that ended one lag before as-of: what the new customers of the window were won with.
spend as (
    select
        coalesce(spend.channel, 'unallocated') as channel,
        sum(spend.spend) as spend
    from {{ ref('int_campaign_spend_prepared') }} as spend
    cross join current_run
    cross join lag_measured
    where
        spend.period_start_on >= {{ add_months('current_run.window_start_on', '-lag_measured.lag_months') }}
        and spend.period_start_on < {{ add_months('current_run.cut_on', '-lag_measured.lag_months') }}
    group by coalesce(spend.channel, 'unallocated')
),

spend_delivered as (
    select count(*) > 0 as is_delivered
    from {{ ref('int_campaign_spend_prepared') }}
),

customers as (
    select
        customers.customer_id,
        coalesce(customers.acquisition_channel, 'unknown') as channel,
        customers.first_order_on,
        customers.revenue_net_12m,
        customers.margin_net,
        customers.first_order_on >= current_run.window_start_on as is_new,
        -- What the customer has brought and is expected to bring; what he brings through others is left out.
        customer_values.margin_historic + customer_values.residual_value as lifetime_value
    from {{ ref('dim_customers') }} as customers
    cross join current_run
    left join {{ ref('fct_customer_value') }} as customer_values on customers.customer_id = customer_values.customer_id
    where customers.is_customer and customers.first_order_on is not null
),

newcomers as (
    select
        channel,
        count(*) as customers_new,
        sum(revenue_net_12m) as revenue_net,
        case when count(margin_net) = count(*) then sum(margin_net) end as margin_net,
        count(lifetime_value) as customers_valued,
        sum(lifetime_value) as lifetime_value
    from customers
    where is_new
    group by channel
),

-- Margin by months since the first order, of the customers of the last three years who were followed that long.
months as (
    select
        customers.channel,
        customers.customer_id,
        first_days.months_back - months.months_back as months_since,
        months.margin_net
    from customers
    inner join {{ ref('int_calendar_days_spined') }} as first_days on customers.first_order_on = first_days.day_on
    inner join {{ ref('int_customer_months_aggregated') }} as months
        on
            customers.customer_id = months.customer_id
            and first_days.months_back >= months.months_back
    where first_days.months_back < {{ months_followed }} and months.months_back >= 0
),

followed as (
    select
        customers.channel,
        first_days.months_back as months_followed,
        count(*) as customers
    from customers
    inner join {{ ref('int_calendar_days_spined') }} as first_days on customers.first_order_on = first_days.day_on
    where first_days.months_back < {{ months_followed }} and first_days.months_back >= 0
    group by
        customers.channel,
        first_days.months_back
),

numbers as (
    {{ number_rows(months_followed) }}
),

channels as (
    select channel from spend
    union
    select channel from newcomers
),

cut_by as (
    select
        channel,
        channel as member
    from channels

    union all

    -- Everything, spend that no channel claims included.
    select
        'all' as channel,
        channel as member
    from channels
),

at_risk as (
    select
        cut_by.channel,
        numbers.n - 1 as months_since,
        sum(case when followed.months_followed >= numbers.n - 1 then followed.customers else 0 end) as customers
    from cut_by
    inner join followed on cut_by.member = followed.channel
    cross join numbers
    group by
        cut_by.channel,
        numbers.n - 1
),

earned as (
    select
        cut_by.channel,
        months.months_since,
        case when count(months.margin_net) = count(*) then sum(months.margin_net) end as margin_net
    from cut_by
    inner join months on cut_by.member = months.channel
    group by
        cut_by.channel,
        months.months_since
),

-- A month is read where at least ten customers were followed into it.
curve as (
    select
        at_risk.channel,
        at_risk.months_since,
        sum(cast(coalesce(earned.margin_net, 0) as double) / at_risk.customers) over (
            partition by at_risk.channel order by at_risk.months_since rows unbounded preceding
        ) as margin_to_month
    from at_risk
    left join earned on at_risk.channel = earned.channel and at_risk.months_since = earned.months_since
    where at_risk.customers >= 10
),

summed as (
    select
        cut_by.channel,
        coalesce(sum(newcomers.customers_new), 0) as customers_new,
        case when spend_delivered.is_delivered then coalesce(sum(spend.spend), 0) end as spend,
        case
            when spend_delivered.is_delivered
                then coalesce(sum(case when cut_by.member = 'unallocated' then spend.spend end), 0)
        end as spend_unallocated,
        coalesce(sum(newcomers.revenue_net), 0) as revenue_net,
        case
            when count(newcomers.channel) = count(newcomers.margin_net) then coalesce(sum(newcomers.margin_net), 0)
        end as margin_net,
        coalesce(sum(newcomers.customers_valued), 0) as customers_valued,
        cast(sum(newcomers.lifetime_value) as double) / nullif(sum(newcomers.customers_valued), 0) as ltv
    from cut_by
    cross join spend_delivered
    left join spend on cut_by.member = spend.channel
    left join newcomers on cut_by.member = newcomers.channel
    group by
        cut_by.channel,
        spend_delivered.is_delivered
),

-- A margin that is unknown somewhere makes payback unknown, not late.
known_margin as (
    select
        cut_by.channel,
        min(case when months.margin_net is null then 0 else 1 end) = 1 as is_known
    from cut_by
    inner join months on cut_by.member = months.channel
    group by cut_by.channel
),

costed as (
    select
        summed.*,
        cast(summed.spend as double) / nullif(summed.customers_new, 0) as cac,
        known_margin.is_known
    from summed
    left join known_margin on summed.channel = known_margin.channel
),

paid_back as (
    select
        costed.channel,
        min(case when curve.margin_to_month >= costed.cac then curve.months_since end) as payback_months,
        max(curve.months_since) as months_read
    from costed
    inner join curve on costed.channel = curve.channel
    where costed.cac is not null and costed.is_known
    group by costed.channel
)

select
    costed.channel,
    lag_measured.lag_basis,
    lag_measured.lag_months,
    {{ add_months('current_run.window_start_on', '-lag_measured.lag_months') }} as spend_from_on,
    {{ add_months('current_run.cut_on', '-lag_measured.lag_months') }} as spend_before_on,
    cast(costed.customers_new as integer) as customers_new,
    cast(costed.spend as {{ money() }}) as spend,
    cast(costed.spend_unallocated as {{ money() }}) as spend_unallocated,
    {{ steady('costed.cac') }} as cac,
    cast(costed.revenue_net as {{ money() }}) as revenue_net,
    cast(costed.margin_net as {{ money() }}) as margin_net,
    {{ steady('cast(costed.revenue_net as double) / nullif(cast(costed.spend as double), 0)') }} as roas,
    cast(costed.customers_valued as integer) as customers_valued,
    {{ steady('costed.ltv') }} as ltv,
    {{ steady('costed.ltv / nullif(costed.cac, 0)') }} as ltv_cac,
    cast(paid_back.payback_months as integer) as payback_months,
    cast(paid_back.months_read as integer) as payback_months_read
from costed
cross join lag_measured
cross join current_run
left join paid_back on costed.channel = paid_back.channel
