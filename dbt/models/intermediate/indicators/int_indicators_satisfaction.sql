-- Satisfaction.
with

current_run as (
    select * from {{ ref('int_runs_prepared') }}
    where run = 'current'
),

answers as (
    select * from {{ ref('int_survey_answers_prepared') }}
),

invites as (
    select
        coalesce(method, 'unknown') as method,
        count(distinct invite_id) as invited,
        count(distinct case when is_answered then invite_id end) as answered
    from answers
    where is_invited
    group by coalesce(method, 'unknown')
),

all_invites as (
    select
        count(distinct invite_id) as invited,
        count(distinct case when is_answered then invite_id end) as answered
    from answers
    where is_invited
),

active as (
    select count(*) as customers
    from {{ ref('dim_customers') }}
    where is_active
),

covered as (
    select count(distinct answers.customer_id) as customers
    from answers
    inner join {{ ref('dim_customers') }} as customers on answers.customer_id = customers.customer_id
    where customers.is_active and answers.is_invited
),

-- Top two boxes of the scale the answer was given on.
csat as (
    select
        topic,
        sum(case when score >= scale_max - 1 then 1 else 0 end) as satisfied,
        count(*) as answers
    from answers
    where instrument = 'csat' and is_last_answer and scale_max is not null
    group by topic
),

csat_by_method as (
    select
        coalesce(method, 'unknown') as method,
        sum(case when score >= scale_max - 1 then 1 else 0 end) as satisfied,
        count(*) as answers
    from answers
    where instrument = 'csat' and topic = 'overall' and is_last_answer and scale_max is not null
    group by coalesce(method, 'unknown')
),

nps as (
    select
        avg(case when score >= 9 then 1.0 when score <= 6 then -1.0 else 0.0 end) as value,
        stddev_samp(case when score >= 9 then 1.0 when score <= 6 then -1.0 else 0.0 end) as deviation,
        count(*) as answers
    from answers
    where instrument = 'nps' and topic = 'overall' and is_last_answer
),

-- Asking everybody the same way is one view; the index is the chance that two invites went different ways.
method_mix as (
    select
        1 - sum(invited * invited) / nullif(power(sum(invited), 2), 0) as value,
        sum(invited) as invited
    from invites
),

-- The last eight quarters: a straight line through their shares, weighted by answers. Its error holds the spread of the
-- answers and of the quarters about the line.
quarters as (
    select
        extract(year from scores.period_start_on) * 4 + extract(quarter from scores.period_start_on) as quarter_number,
        scores.top2_share as share,
        scores.top2_answers as answers
    from {{ ref('fct_survey_scores') }} as scores
    cross join current_run
    where
        scores.period_type = 'quarter'
        and scores.instrument = 'csat'
        and scores.topic = 'overall'
        and scores.method = 'all'
        and scores.top2_answers > 0
        and scores.period_start_on >= {{ add_months('current_run.cut_on', -24) }}
),

centred as (
    select
        count(*) as quarters,
        sum(answers) as answers,
        sum(answers * quarter_number) / sum(answers) as mean_quarter,
        sum(answers * share) / sum(answers) as mean_share
    from quarters
),

sloped as (
    select
        centred.quarters,
        centred.answers,
        centred.mean_quarter,
        centred.mean_share,
        sum(quarters.answers * power(quarters.quarter_number - centred.mean_quarter, 2)) as spread,
        sum(quarters.answers * (quarters.quarter_number - centred.mean_quarter) * quarters.share)
        / nullif(sum(quarters.answers * power(quarters.quarter_number - centred.mean_quarter, 2)), 0) as slope
    from quarters
    cross join centred
    group by
        centred.quarters,
        centred.answers,
        centred.mean_quarter,
        centred.mean_share
),

trend as (
    select
        sloped.slope,
        sloped.quarters,
        sloped.answers,
        1.959964 * sqrt(
            sum(
                quarters.answers * quarters.share * (1 - quarters.share)
                + quarters.answers * power(
                    quarters.share - sloped.mean_share
                    - sloped.slope * (quarters.quarter_number - sloped.mean_quarter), 2
                )
            ) / nullif(sloped.answers - 2, 0) / nullif(sloped.spread, 0)
        ) as half_width
    from quarters
    cross join sloped
    group by
        sloped.slope,
        sloped.quarters,
        sloped.answers,
        sloped.spread
),

drivers as (
    select * from {{ ref('fct_survey_drivers') }}
),

improvements as (
    select
        coalesce(improvements.source, 'unknown') as source,
        count(*) as opened,
        sum(case when improvements.done_on < current_run.cut_on then 1 else 0 end) as done
    from {{ ref('stg_crm__improvements') }} as improvements
    cross join current_run
    where improvements.removed_on is null and improvements.opened_on < current_run.cut_on
    group by coalesce(improvements.source, 'unknown')
),

effects as (
    select
        avg(effect) as value,
        sqrt(sum(variance)) / count(*) as deviation,
        count(*) as improvements
    from {{ ref('int_improvement_effects_measured') }}
),

effects_by_topic as (
    select
        topic,
        avg(effect) as value,
        sqrt(sum(variance)) / count(*) as deviation,
        count(*) as improvements
    from {{ ref('int_improvement_effects_measured') }}
    group by topic
)

select
    'csat_top2' as indicator_code,
    '' as breakdown,
    '' as breakdown_value,
    cast(null as double) as value,
    cast(satisfied as double) as numerator,
    cast(answers as double) as denominator,
    cast(answers as bigint) as n,
    cast(null as double) as ci_low,
    cast(null as double) as ci_high
from csat
where topic = 'overall'

union all

select
    'csat_top2',
    'method',
    method,
    null,
    satisfied,
    answers,
    answers,
    null,
    null
from csat_by_method

union all

select
    'csat_by_topic',
    'topic',
    topic,
    null,
    satisfied,
    answers,
    answers,
    null,
    null
from csat
where topic != 'overall'

union all

select
    'csat_by_topic',
    '',
    '',
    null,
    sum(satisfied),
    sum(answers),
    sum(answers),
    null,
    null
from csat
where topic != 'overall'

union all

select
    'nps',
    '',
    '',
    value,
    null,
    null,
    answers,
    greatest(value - 1.959964 * deviation / sqrt(answers), -1),
    least(value + 1.959964 * deviation / sqrt(answers), 1)
from nps
where answers > 1

union all

select
    'survey_response_rate',
    '',
    '',
    null,
    answered,
    invited,
    invited,
    null,
    null
from all_invites

union all

select
    'survey_response_rate',
    'method',
    method,
    null,
    answered,
    invited,
    invited,
    null,
    null
from invites

union all

select
    'survey_coverage',
    '',
    '',
    null,
    covered.customers,
    active.customers,
    active.customers,
    null,
    null
from covered
cross join active

union all

select
    'survey_method_mix',
    '',
    '',
    value,
    null,
    null,
    invited,
    null,
    null
from method_mix

union all

select
    'survey_method_mix',
    'method',
    invites.method,
    null,
    invites.invited,
    method_mix.invited,
    method_mix.invited,
    null,
    null
from invites
cross join method_mix

union all

-- Fewer than four quarters are no trend.
select
    'csat_trend',
    '',
    '',
    case when quarters >= 4 then slope end,
    null,
    null,
    answers,
    slope - half_width,
    slope + half_width
from trend

union all

select
    'satisfaction_driver_gap',
    '',
    '',
    gap,
    null,
    null,
    pairs,
    gap_ci_low,
    gap_ci_high
from drivers
where driver_rank = 1

union all

select
    'satisfaction_driver_gap',
    'topic',
    topic,
    gap,
    null,
    null,
    pairs,
    gap_ci_low,
    gap_ci_high
from drivers

union all

select
    'improvement_closure_rate',
    '',
    '',
    null,
    sum(done),
    sum(opened),
    sum(opened),
    null,
    null
from improvements

union all

select
    'improvement_closure_rate',
    'source',
    source,
    null,
    done,
    opened,
    opened,
    null,
    null
from improvements

union all

select
    'improvement_effect',
    '',
    '',
    value,
    null,
    null,
    improvements,
    greatest(value - 1.959964 * deviation, -1),
    least(value + 1.959964 * deviation, 1)
from effects
where improvements > 0

union all

select
    'improvement_effect',
    'topic',
    topic,
    value,
    null,
    null,
    improvements,
    greatest(value - 1.959964 * deviation, -1),
    least(value + 1.959964 * deviation, 1)
from effects_by_topic
