-- Satisfaction.
with

answers as (
    select * from {{ ref('int_survey_answers_prepared') }}
),

active as (
    select count(*) as customers
    from {{ ref('dim_customers') }}
    where is_active
),

invites as (
    select
        count(distinct invite_id) as invited,
        count(distinct case when is_answered then invite_id end) as answered
    from answers
    where is_invited
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

nps as (
    select
        avg(case when score >= 9 then 1.0 when score <= 6 then -1.0 else 0.0 end) as value,
        stddev_samp(case when score >= 9 then 1.0 when score <= 6 then -1.0 else 0.0 end) as deviation,
        count(*) as answers
    from answers
    where instrument = 'nps' and topic = 'overall' and is_last_answer
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
