-- What became of satisfaction with its topic where an improvement was done: answers of the 180 days before it was
-- opened against those of the 180 days from the day it was done. Fewer than five answers on a side say nothing.
-- Beside it ran everything else that changed: an association. One row per improvement that was done.
with

current_run as (
    select * from {{ ref('int_runs_prepared') }}
    where run = 'current'
),

improvements as (
    select
        improvements.improvement_id,
        improvements.topic,
        improvements.opened_on,
        improvements.done_on
    from {{ ref('stg_crm__improvements') }} as improvements
    cross join current_run
    where
        improvements.removed_on is null
        and improvements.topic is not null
        and improvements.done_on < current_run.cut_on
),

answers as (
    select
        topic,
        responded_on,
        case when score >= scale_max - 1 then 1.0 else 0.0 end as is_satisfied
    from {{ ref('int_survey_answers_prepared') }}
    where instrument = 'csat' and is_answered and scale_max is not null
),

sides as (
    select
        improvements.improvement_id,
        improvements.topic,
        count(case when answers.responded_on < improvements.opened_on then 1 end) as answers_before,
        count(case when answers.responded_on >= improvements.done_on then 1 end) as answers_after,
        avg(case when answers.responded_on < improvements.opened_on then answers.is_satisfied end) as share_before,
        avg(case when answers.responded_on >= improvements.done_on then answers.is_satisfied end) as share_after
    from improvements
    inner join answers
        on
            improvements.topic = answers.topic
            and (
                (
                    improvements.opened_on > answers.responded_on
                    and {{ days_between('answers.responded_on', 'improvements.opened_on') }} <= 180
                )
                or (
                    improvements.done_on <= answers.responded_on
                    and {{ days_between('improvements.done_on', 'answers.responded_on') }} < 180
                )
            )
    group by
        improvements.improvement_id,
        improvements.topic
)

select
    improvement_id,
    topic,
    answers_before,
    answers_after,
    share_before,
    share_after,
    share_after - share_before as effect,
    share_before * (1 - share_before) / answers_before + share_after * (1 - share_after) / answers_after as variance
from sides
where answers_before >= 5 and answers_after >= 5
