{{ config(meta={'dagster': {'ref': {'name': 'fct_survey_scores'}}}) }}
-- Last answers of the window are counted once under all methods, invites once under their own. A returned row is an
-- instrument and topic whose answers or invites differ from the responses.
with

responses as (
    select
        instrument,
        topic,
        sum(case when is_last_answer then 1 else 0 end) as answers,
        count(distinct case when is_invited then invite_id end) as invited
    from {{ ref('int_survey_answers_prepared') }}
    where instrument is not null
    group by
        instrument,
        topic
),

scores as (
    select
        instrument,
        topic,
        sum(case when method = 'all' then answers else 0 end) as answers,
        sum(case when method = 'all' then invited else 0 end) as invited,
        sum(case when method != 'all' then invited else 0 end) as invited_by_method,
        max(coalesce(promoters + passives + detractors, answers) - answers) as unplaced
    from {{ ref('fct_survey_scores') }}
    where period_type = 'window'
    group by
        instrument,
        topic
)

select
    responses.*,
    scores.answers as scored,
    scores.invited as scored_invited,
    scores.invited_by_method
from responses
left join scores on responses.instrument = scores.instrument and responses.topic = scores.topic
where
    responses.answers != coalesce(scores.answers, 0)
    or responses.invited != coalesce(scores.invited, 0)
    -- An invite that was sent by two methods counts under both.
    or coalesce(scores.invited_by_method, 0) < responses.invited
    or coalesce(scores.unplaced, 0) != 0
