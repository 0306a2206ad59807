-- Channels and marketing; shares of money come resampled from int_ratio_parts_channels.
with

current_run as (
    select * from {{ ref('int_runs_prepared') }}
    where run = 'current'
),

funnel as (
    select * from {{ ref('fct_lead_funnel') }}
    where period_type = 'ripe_year'
),

costs as (
    select * from {{ ref('fct_cac_ltv') }}
),

campaign_leads as (
    select
        leads.source_channel,
        count(*) as leads,
        sum(
            case when {{ days_between('leads.created_on', 'leads.converted_on') }} <= 180 then 1 else 0 end
        ) as converted
    from {{ ref('int_leads_prepared') }} as leads
    cross join current_run
    where
        leads.campaign_id is not null
        and leads.created_on >= {{ add_months('current_run.cut_on', -18) }}
        and {{ days_between('leads.created_on', 'current_run.as_of_on') }} >= 180
    group by leads.source_channel
),

stages as (
    {% for position, stage, reached, entered in [
        (1, 'created_to_qualified', 'qualified_180d', 'leads'),
        (2, 'qualified_to_quoted', 'quoted_180d', 'qualified_180d'),
        (3, 'quoted_to_converted', 'converted_180d', 'quoted_180d'),
    ] %}
    select
        {{ position }} as position,
        '{{ stage }}' as stage,
        {{ reached }} as reached,
        {{ entered }} as entered
    from funnel
    where breakdown = ''
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

ranked_stages as (
    select
        *,
        row_number() over (
            order by reached / nullif(cast(entered as double), 0) asc nulls last, position asc
        ) as weakness
    from stages
),

partners as (
    select * from {{ ref('fct_partner_performance') }}
    where has_agreement
),

partner_people as (
    select
        related.customer_id,
        partners.kind
    from {{ ref('int_partner_customers_related') }} as related
    inner join {{ ref('fct_partner_performance') }} as partners on related.partner_id = partners.partner_id
),

satisfied as (
    select
        customer_id,
        max(case when score >= scale_max - 1 then 1 else 0 end) as is_satisfied
    from {{ ref('int_survey_answers_prepared') }}
    where instrument = 'csat' and topic = 'overall' and is_last_answer and scale_max is not null
    group by customer_id
),

-- Once in all, however many partners claim a customer, and once under each kind.
partner_quality as (
    select
        '' as breakdown,
        '' as breakdown_value,
        people.customer_id
    from (select distinct customer_id from partner_people) as people

    union all

    select distinct
        'partner_kind' as breakdown,
        kind as breakdown_value,
        customer_id
    from partner_people
),

partner_measures as (
    select
        quality.breakdown,
        quality.breakdown_value,
        count(satisfied.customer_id) as answers,
        sum(coalesce(satisfied.is_satisfied, 0)) as satisfied,
        sum(case when customers.order_count > 0 then 1 else 0 end) as buyers,
        sum(case when customers.order_count >= 2 then 1 else 0 end) as repeating
    from partner_quality as quality
    inner join {{ ref('dim_customers') }} as customers on quality.customer_id = customers.customer_id
    left join satisfied on quality.customer_id = satisfied.customer_id
    where customers.is_customer
    group by
        quality.breakdown,
        quality.breakdown_value
),

referred as (
    select distinct referred_customer_id as customer_id
    from {{ ref('int_referrals_prepared') }}
    where referred_customer_id is not null
),

newcomers as (
    select
        case
            when referred.customer_id is not null then 'referral'
            else described.channel_kind
        end as channel_kind,
        count(*) as customers
    from {{ ref('dim_customers') }} as customers
    cross join current_run
    left join referred on customers.customer_id = referred.customer_id
    left join {{ ref('int_channels_described') }} as described on customers.acquisition_channel = described.channel
    where customers.is_customer and customers.first_order_on >= current_run.window_start_on
    group by
        case
            when referred.customer_id is not null then 'referral'
            else described.channel_kind
        end
),

all_newcomers as (
    select sum(customers) as customers
    from newcomers
)

select
    'cac' as indicator_code,
    '' as breakdown,
    '' as breakdown_value,
    cast(cac as double) as value,
    cast(spend as double) as numerator,
    cast(customers_new as double) as denominator,
    cast(customers_new as bigint) as n,
    cast(null as double) as ci_low,
    cast(null as double) as ci_high
from costs
where channel = 'all'

union all

select
    'cac',
    'channel',
    channel,
    cac,
    cast(spend as double),
    customers_new,
    customers_new,
    null,
    null
from costs
where channel not in ('all', 'unallocated')

union all

select
    'cac_payback_months',
    '',
    '',
    payback_months,
    null,
    null,
    customers_new,
    null,
    null
from costs
where channel = 'all'

union all

select
    'cac_payback_months',
    'channel',
    channel,
    payback_months,
    null,
    null,
    customers_new,
    null,
    null
from costs
where channel not in ('all', 'unallocated') and spend > 0

union all

select
    'lead_conversion',
    '',
    '',
    null,
    sum(converted_180d),
    sum(leads),
    sum(leads),
    null,
    null
from funnel
where breakdown = ''

union all

select
    'lead_conversion',
    case breakdown when 'source' then 'channel' else breakdown end,
    breakdown_value,
    null,
    converted_180d,
    leads,
    leads,
    null,
    null
from funnel
where breakdown in ('source', 'product', 'tender')

union all

select
    'funnel_stage_conversion',
    '',
    '',
    null,
    reached,
    entered,
    entered,
    null,
    null
from ranked_stages
where weakness = 1

union all

select
    'funnel_stage_conversion',
    'stage',
    stage,
    null,
    reached,
    entered,
    entered,
    null,
    null
from ranked_stages

union all

select
    'lead_velocity',
    '',
    '',
    days_to_decision_median,
    null,
    null,
    leads,
    days_to_decision_ci_low,
    days_to_decision_ci_high
from funnel
where breakdown = ''

union all

select
    'lead_velocity',
    'channel',
    breakdown_value,
    days_to_decision_median,
    null,
    null,
    leads,
    days_to_decision_ci_low,
    days_to_decision_ci_high
from funnel
where breakdown = 'source'

union all

select
    'lead_velocity',
    'outcome',
    'converted',
    days_to_conversion_median,
    null,
    null,
    converted_180d,
    null,
    null
from funnel
where breakdown = ''

union all

select
    'campaign_conversion',
    '',
    '',
    null,
    sum(converted),
    sum(leads),
    sum(leads),
    null,
    null
from campaign_leads

union all

select
    'campaign_conversion',
    'channel',
    coalesce(source_channel, 'unknown'),
    null,
    converted,
    leads,
    leads,
    null,
    null
from campaign_leads

union all

select
    'partner_active_rate',
    '',
    '',
    null,
    sum(case when is_active then 1 else 0 end),
    count(*),
    count(*),
    null,
    null
from partners

union all

select
    'partner_active_rate',
    'partner_kind',
    kind,
    null,
    sum(case when is_active then 1 else 0 end),
    count(*),
    count(*),
    null,
    null
from partners
group by kind

union all

select
    'partner_support',
    '',
    '',
    null,
    sum(case when support != 'none' then 1 else 0 end),
    count(*),
    count(*),
    null,
    null
from partners

union all

select
    'partner_support',
    'partner_kind',
    kind,
    null,
    sum(case when support != 'none' then 1 else 0 end),
    count(*),
    count(*),
    null,
    null
from partners
group by kind

union all

select
    'partner_quality',
    breakdown,
    breakdown_value,
    null,
    satisfied,
    answers,
    answers,
    null,
    null
from partner_measures

union all

select
    'partner_quality',
    'measure',
    'repeat_rate',
    null,
    repeating,
    buyers,
    buyers,
    null,
    null
from partner_measures
where breakdown = ''

union all

select
    'word_of_mouth_share',
    '',
    '',
    null,
    coalesce(sum(case when newcomers.channel_kind is not null then newcomers.customers end), 0),
    max(all_newcomers.customers),
    max(all_newcomers.customers),
    null,
    null
from newcomers
cross join all_newcomers

union all

select
    'word_of_mouth_share',
    'kind',
    newcomers.channel_kind,
    null,
    newcomers.customers,
    all_newcomers.customers,
    all_newcomers.customers,
    null,
    null
from newcomers
cross join all_newcomers
where newcomers.channel_kind is not null
