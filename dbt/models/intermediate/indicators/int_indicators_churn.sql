-- Survival, churn month by month, why customers leave, and the early warning judged by what became of it a year on.
with

current_run as (
    select * from {{ ref('int_runs_prepared') }}
    where run = 'current'
),

census as (
    select * from {{ ref('fct_customer_census') }}
),

survival as (
    select * from {{ ref('fct_survival') }}
),

entrants as (
    select
        breakdown,
        breakdown_value,
        at_risk as customers
    from survival
    where months_since = 0
),

losses as (
    select * from {{ ref('int_losses_prepared') }}
),

recorded as (
    select
        days.months_back,
        count(*) as lost
    from losses
    inner join {{ ref('int_calendar_days_spined') }} as days on losses.lost_on = days.day_on
    group by days.months_back
),

-- Leaving the active book after the delivery is completion in a one-purchase trade: there, who was put on record as
-- lost is lost.
churn_months as (
    select
        census.months_back,
        census.period_end_on,
        census.opening,
        case
            when not current_run.is_one_purchase then census.lost
            when (select count(*) from losses) > 0 then coalesce(recorded.lost, 0)
        end as lost
    from census
    cross join current_run
    left join recorded on census.months_back = recorded.months_back
    where census.period_type = 'month' and census.months_back < 12 and census.opening > 0
),

churned as (
    select
        sum(lost) as lost,
        sum(opening) as opening
    from churn_months
),

-- Least squares through twelve monthly rates; 2.228 is Student's t with ten degrees of freedom.
sums as (
    select
        count(*) as months,
        regr_slope(lost / cast(opening as double), -months_back) as slope,
        regr_sxx(lost / cast(opening as double), -months_back) as sxx,
        regr_syy(lost / cast(opening as double), -months_back) as syy
    from churn_months
    where lost is not null
),

trend as (
    select
        months,
        slope,
        2.228139 * sqrt(greatest(syy - slope * slope * sxx, 0.0) / 10 / nullif(sxx, 0)) as half_width
    from sums
    where months = 12
),

reasons as (
    select * from {{ ref('fct_churn_reasons') }}
    where period = '12m'
),

known as (
    select
        sum(losses) as losses,
        sum(case when is_known then losses else 0 end) as known,
        max(case when is_known then losses end) as top
    from reasons
),

-- A call of last month has not had the time to bring anybody back.
called as (
    select
        count(*) as called,
        sum(
            case
                when
                    losses.won_back_on >= losses.first_called_on
                    and losses.won_back_on < {{ add_months('losses.first_called_on', 12) }} then 1
                else 0
            end
        ) as won_back
    from losses
    cross join current_run
    where losses.first_called_on < {{ add_months('current_run.cut_on', -12) }}
),

warnings as (
    select * from {{ ref('fct_churn_warning') }}
),

warned as (
    select
        sum(case when run = 'current' then 1 else 0 end) as active,
        sum(case when run = 'current' and is_at_risk then 1 else 0 end) as at_risk,
        sum(case when run = 'current' and is_at_risk and is_touched_60d then 1 else 0 end) as contacted,
        sum(case when run = 'backtest' and is_at_risk and was_lost is not null then 1 else 0 end) as were_at_risk,
        sum(case when run = 'backtest' and was_lost then 1 else 0 end) as were_lost,
        sum(case when run = 'backtest' and is_at_risk and was_lost then 1 else 0 end) as were_both
    from warnings
),

rules as (
    select
        fired.rule,
        count(*) as fired,
        sum(case when warnings.was_lost then 1 else 0 end) as were_lost
    from {{ ref('int_churn_rules_fired') }} as fired
    inner join warnings on fired.run = warnings.run and fired.customer_id = warnings.customer_id
    where fired.run = 'backtest' and warnings.was_lost is not null
    group by fired.rule
)

{% for months in [12, 24] %}
select
    'survival_{{ months }}m' as indicator_code,
    survival.breakdown,
    survival.breakdown_value,
    survival.survival as value,
    cast(null as double) as numerator,
    cast(null as double) as denominator,
    cast(entrants.customers as bigint) as n,
    survival.survival_ci_low as ci_low,
    survival.survival_ci_high as ci_high
from survival
inner join entrants
    on
        survival.breakdown = entrants.breakdown
        and survival.breakdown_value = entrants.breakdown_value
where survival.months_since = {{ months }} and survival.at_risk > 0
{{ 'union all' if not loop.last }}
{% endfor %}

union all

select
    'monthly_churn',
    '',
    '',
    lost / cast(nullif(opening, 0) as double),
    lost,
    opening,
    opening,
    {{ wilson_bound('lost', 'opening', 'low') }},
    {{ wilson_bound('lost', 'opening', 'high') }}
from churned

union all

select
    'monthly_churn',
    'month',
    cast(period_end_on as varchar),
    lost / cast(opening as double),
    lost,
    opening,
    opening,
    {{ wilson_bound('lost', 'opening', 'low') }},
    {{ wilson_bound('lost', 'opening', 'high') }}
from churn_months

union all

select
    'monthly_churn',
    'trend',
    'change per month',
    slope,
    null,
    null,
    months,
    slope - half_width,
    slope + half_width
from trend

union all

select
    'churn_reason_top_share',
    '',
    '',
    null,
    top,
    known,
    known,
    null,
    null
from known

union all

select
    'churn_reason_top_share',
    'reason',
    reasons.reason,
    null,
    reasons.losses,
    known.known,
    known.known,
    null,
    null
from reasons
cross join known
where reasons.is_known

union all

select
    'churn_reason_known',
    '',
    '',
    null,
    known,
    losses,
    losses,
    null,
    null
from known

union all

select
    'win_back_rate',
    '',
    '',
    null,
    won_back,
    called,
    called,
    null,
    null
from called

union all

select
    'at_risk_share',
    '',
    '',
    null,
    at_risk,
    active,
    active,
    null,
    null
from warned

union all

select
    'at_risk_precision',
    '',
    '',
    null,
    were_both,
    were_at_risk,
    were_at_risk,
    null,
    null
from warned

union all

select
    'at_risk_precision',
    'rule',
    rule,
    null,
    were_lost,
    fired,
    fired,
    null,
    null
from rules

union all

select
    'at_risk_recall',
    '',
    '',
    null,
    were_both,
    were_lost,
    were_lost,
    null,
    null
from warned

union all

select
    'at_risk_contacted',
    '',
    '',
    null,
    contacted,
    at_risk,
    at_risk,
    null,
    null
from warned
