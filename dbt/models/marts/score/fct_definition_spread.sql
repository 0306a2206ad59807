-- The same question under each convention people use: which one flatters, and by how much.
{% set active_months = [6, 12, 18, 24, 36] %}
{% set horizons = [12, 24, 36] %}
with

current_run as (
    select * from {{ ref('int_runs_prepared') }}
    where run = 'current'
),

customers as (
    select * from {{ ref('dim_customers') }}
    where is_customer
),

months as (
    select * from {{ ref('int_customer_months_aggregated') }}
    where orders > 0
),

indicators as (
    select * from {{ ref('fct_indicators') }}
    where breakdown = '' and status = 'assessed'
),

losses as (
    select count(distinct losses.customer_id) as customers
    from {{ ref('int_losses_prepared') }} as losses
    cross join current_run
    where losses.lost_on >= current_run.window_start_on
),

-- Months counted back from as-of: 0 to 11 are the window, 12 to 23 the year before.
buyers as (
    select
        customer_id,
        max(case when months_back between 12 and 23 then 1 else 0 end) as bought_before,
        max(case when months_back between 0 and 11 then 1 else 0 end) as bought_in_window
    from months
    group by customer_id
),

repeaters as (
    select
        sum(bought_before) as before_window,
        sum(bought_before * (1 - bought_in_window)) as gone
    from buyers
),

spend as (
    select
        cast(sum(spend.spend) as double) as spend,
        count(*) as periods
    from {{ ref('stg_crm__campaign_spend') }} as spend
    cross join current_run
    where
        spend.removed_on is null
        and spend.period_start >= current_run.window_start_on
        and spend.period_start < current_run.cut_on
),

rewards as (
    select
        cast(coalesce(sum(referrals.reward_amount), 0) as double) as rewards,
        count(referrals.reward_amount) as rewarded
    from {{ ref('int_referrals_prepared') }} as referrals
    cross join current_run
    where referrals.referred_on >= current_run.window_start_on
),

sellers as (
    select
        cast(sum(staff.annual_cost) as double) as annual_cost,
        count(staff.annual_cost) as people
    from {{ ref('stg_crm__staff') }} as staff
    cross join current_run
    where
        staff.removed_on is null
        and staff.hired_on < current_run.cut_on
        and (staff.left_on is null or staff.left_on >= current_run.cut_on)
        and (lower(staff.role) like '%sales%' or staff.role like '%销售%' or lower(staff.team) like '%sales%')
),

referred as (
    select distinct referred_customer_id as customer_id
    from {{ ref('int_referrals_prepared') }}
    where referred_customer_id is not null
),

newcomers as (
    select
        count(*) as customers,
        sum(
            case
                when referred.customer_id is null and coalesce(lower(customers.acquisition_channel), '') != 'referral'
                    then 1
                else 0
            end
        ) as bought_by_spend
    from customers
    cross join current_run
    left join referred on customers.customer_id = referred.customer_id
    where customers.first_order_on >= current_run.window_start_on
),

-- What the fitted value models expect of customers whose value could be said.
predicted as (
    select
        count(*) as customers,
        case when count(judged.margin_historic) = count(*) then sum(judged.margin_historic) end as margin_historic,
        sum(coalesce(forecasts.margin_12m, 0)) as margin_12m,
        sum(judged.residual_value) as residual_value
    from {{ ref('int_customer_values_judged') }} as judged
    left join {{ ref('int_customer_forecasts_summed') }} as forecasts
        on judged.customer_id = forecasts.customer_id and forecasts.run = 'current' and forecasts.kind = 'residual'
    where judged.reason is null
),

-- A month without sales brought no margin; any other without one makes the cohort's margin unknown.
cohort_margins as (
    select
        cohort_month,
        months_since,
        customers,
        is_partial,
        cast(case when orders = 0 and revenue_net = 0 then 0 else margin_net end as double) as margin
    from {{ ref('fct_cohort_revenue') }}
),

cohorts as (
    select
        cohort_month,
        months_since,
        customers,
        is_partial,
        sum(margin) over so_far as margin_to_date,
        count(*) over so_far - count(margin) over so_far as margins_unknown
    from cohort_margins
    window so_far as (
        partition by cohort_month
        order by months_since
        rows between unbounded preceding and current row
    )
),

measured as (
    {% for span in active_months %}
    select
        'active_customers' as metric,
        'ordered_{{ span }}m' as convention,
        'An order within {{ span }} months' as definition_en,
        '近 {{ span }} 个月有订单' as definition_zh,
        'customers' as unit,
        'higher' as direction,
        cast(sum(case when customers.last_order_on >= {{ add_months('current_run.cut_on', -span) }} then 1 else 0 end)
            as double) as value,
        count(*) as n,
        false as is_used
    from customers
    cross join current_run
    union all
    {% endfor %}
    select
        'active_customers',
        'profile',
        'As the trade profile says: months since the last order, a live contract or a coming event',
        '按行业设定：最近订单月数、有效合同或未来事件',
        'customers',
        'higher',
        cast(sum(case when is_active then 1 else 0 end) as double),
        count(*),
        true
    from customers

    union all

    select
        'churn_rate_12m',
        'profile',
        'Active a year ago and no longer so, by the profile; in one-purchase trades completed work counts as left',
        '按行业设定：一年前活跃而现已不活跃；一次性消费行业中完成者亦计为离开',
        'share',
        'lower',
        cast(lost as double) / nullif(opening, 0),
        opening,
        true
    from {{ ref('fct_customer_census') }}
    where period_type = 'year' and months_back = 0

    union all

    select
        'churn_rate_12m',
        'profile_less_completed',
        'As the profile, without those whose work was delivered',
        '按行业设定，剔除服务已完成者',
        'share',
        'lower',
        cast(lost - lost_completed as double) / nullif(opening, 0),
        opening,
        false
    from {{ ref('fct_customer_census') }}
    where period_type = 'year' and months_back = 0

    union all

    select
        'churn_rate_12m',
        'no_order_12m',
        'Bought in the year before and not in the last twelve months',
        '前一年有购买而近 12 个月没有',
        'share',
        'lower',
        cast(gone as double) / nullif(before_window, 0),
        before_window,
        false
    from repeaters

    union all

    select
        'churn_rate_12m',
        'register',
        'Entered in the register of lost customers, over the customers active a year ago',
        '流失登记的客户数除以一年前活跃客户数',
        'share',
        'lower',
        case when losses.customers > 0 then cast(losses.customers as double) / nullif(census.opening, 0) end,
        census.opening,
        false
    from losses
    cross join {{ ref('fct_customer_census') }} as census
    where census.period_type = 'year' and census.months_back = 0

    union all

    select
        'cac',
        'campaign_spend_lagged',
        'Campaign spend of the twelve months that ended one lead time before, over the new customers of the window',
        '提前一个线索周期的12个月营销支出除以窗口期新客户数',
        'money',
        'lower',
        value,
        n,
        true
    from indicators
    where indicator_code = 'cac'

    union all

    select
        'cac',
        'campaign_spend',
        'All campaign spend of the window over its new customers',
        '窗口期全部营销支出除以新客户数',
        'money',
        'lower',
        case when spend.periods > 0 then spend.spend / nullif(newcomers.customers, 0) end,
        newcomers.customers,
        false
    from spend
    cross join newcomers

    union all

    select
        'cac',
        'campaign_spend_paid',
        'All campaign spend over the new customers who were not referred',
        '全部营销支出除以非转介绍新客户数',
        'money',
        'lower',
        case when spend.periods > 0 then spend.spend / nullif(newcomers.bought_by_spend, 0) end,
        newcomers.bought_by_spend,
        false
    from spend
    cross join newcomers

    union all

    select
        'cac',
        'with_rewards',
        'Campaign spend and referral rewards over new customers',
        '营销支出与转介绍奖励除以新客户数',
        'money',
        'lower',
        case
            when spend.periods > 0 and rewards.rewarded > 0
                then (spend.spend + rewards.rewards) / nullif(newcomers.customers, 0)
        end,
        newcomers.customers,
        false
    from spend
    cross join newcomers
    cross join rewards

    union all

    select
        'cac',
        'fully_loaded',
        'Campaign spend, referral rewards and the yearly cost of sales staff over new customers',
        '营销支出、转介绍奖励与销售人员年成本除以新客户数',
        'money',
        'lower',
        case
            when spend.periods > 0 and sellers.people > 0
                then (spend.spend + rewards.rewards + sellers.annual_cost) / nullif(newcomers.customers, 0)
        end,
        newcomers.customers,
        false
    from spend
    cross join newcomers
    cross join rewards
    cross join sellers

    {% for horizon in horizons %}
    union all

    select
        'clv_horizon',
        'margin_{{ horizon }}m',
        'Margin per customer in the first {{ horizon }} months, cohorts whose {{ horizon }} months are over',
        '满 {{ horizon }} 个月的同期群在首 {{ horizon }} 个月的客均毛利',
        'money',
        'higher',
        sum(margin_to_date) / nullif(sum(customers), 0),
        cast(sum(customers) as bigint),
        false
    from cohorts
    where months_since = {{ horizon - 1 }} and not is_partial and margins_unknown = 0
    {% endfor %}

    union all

    select
        'clv_horizon',
        'margin_to_date',
        'Margin per customer to date, all customers, however young',
        '全部客户迄今客均毛利（不论时长）',
        'money',
        'higher',
        indicators.value,
        indicators.n,
        predicted.customers = 0
    from indicators
    cross join predicted
    where indicators.indicator_code = 'clv_historic_mean'

    {% for convention, value, en, zh, is_used in [
        ('expected_12m', 'margin_12m', 'Margin per customer expected of the next 12 months (value model)',
            '价值模型预测未来 12 个月客均毛利', 'false'),
        ('expected_to_horizon', 'residual_value',
            'Residual value per customer, discounted, to the horizon of the value model',
            '价值模型预测期内客均剩余价值（折现）', 'true'),
        ('lifetime', 'margin_historic + residual_value', 'Margin per customer to date and residual value together',
            '迄今客均毛利加剩余价值', 'false'),
    ] %}
    union all

    select
        'clv_horizon',
        '{{ convention }}',
        '{{ en }}',
        '{{ zh }}',
        'money',
        'higher',
        cast({{ value }} as double) / nullif(customers, 0),
        customers,
        {{ is_used }}
    from predicted
    {% endfor %}
),

ranked as (
    select
        *,
        case direction when 'higher' then value else -value end as merit,
        count(value) over (partition by metric) as conventions
    from measured
    where value is not null
),

spread as (
    select
        *,
        max(merit) over (partition by metric) as best,
        max(value) over (partition by metric) as highest,
        min(value) over (partition by metric) as lowest
    from ranked
)

select
    metric,
    convention,
    definition_en,
    definition_zh,
    unit,
    {{ steady('value') }} as value,
    cast(n as bigint) as n,
    is_used,
    conventions > 1 and merit = best and highest > lowest as is_flattering,
    {{ steady('highest / nullif(lowest, 0) - 1') }} as spread_share,
    cast(conventions as integer) as conventions
from spread
