{{ config(meta={'dagster': {'ref': {'name': 'fct_survey_drivers'}}}) }}
-- A topic is paired with overall on the same invite, once. A returned row is a topic with more pairs than it has
-- answers, or none where it has some.
with

answers as (
    select
        topic,
        count(*) as answers,
        sum(case when has_overall then 1 else 0 end) as paired
    from (
        select
            topics.topic,
            exists(
                select 1
                from {{ ref('int_survey_answers_prepared') }} as overall
                where
                    overall.invite_id = topics.invite_id
                    and overall.topic = 'overall'
                    and overall.instrument = 'csat'
                    and overall.is_answered_in_window
                    and overall.scale_max is not null
            ) as has_overall
        from {{ ref('int_survey_answers_prepared') }} as topics
        where
            topics.instrument = 'csat'
            and topics.topic != 'overall'
            and topics.is_answered_in_window
            and topics.scale_max is not null
    ) as traced
    group by topic
)

select
    answers.topic,
    answers.answers,
    answers.paired,
    drivers.pairs
from answers
left join {{ ref('fct_survey_drivers') }} as drivers on answers.topic = drivers.topic
where coalesce(drivers.pairs, 0) != answers.paired
