-- What customers said in the window and whether anybody answered within thirty days: every ticket, and every low
-- score (one of the two worst boxes of overall csat, a detractor of nps) followed by a touch of a person or a ticket
-- of the same customer. What was said less than thirty days before as-of is not judged yet. One row per ticket and
-- low score.
with

current_run as (
    select * from {{ ref('int_runs_prepared') }}
    where run = 'current'
),

tickets as (
    select * from {{ ref('int_tickets_prepared') }}
),

ripe_tickets as (
    select
        'ticket' as feedback_kind,
        tickets.ticket_id as feedback_id,
        coalesce({{ days_between('tickets.opened_on', 'cast(tickets.answered_at as date)') }} <= 30, false)
            as is_answered
    from tickets
    cross join current_run
    where
        tickets.is_in_window
        and {{ days_between('tickets.opened_on', 'current_run.as_of_on') }} >= 30
),

low_scores as (
    select
        answers.response_id,
        answers.customer_id,
        answers.responded_on
    from {{ ref('int_survey_answers_prepared') }} as answers
    cross join current_run
    where
        answers.is_answered_in_window
        and answers.topic = 'overall'
        and (
            (answers.instrument = 'csat' and answers.score <= coalesce(answers.scale_min, 1) + 1)
            or (answers.instrument = 'nps' and answers.score <= 6)
        )
        and {{ days_between('answers.responded_on', 'current_run.as_of_on') }} >= 30
),

answers_given as (
    select
        customer_id,
        occurred_on as answered_on
    from {{ ref('int_touches_prepared') }}
    where is_human and customer_id is not null

    union all

    select
        customer_id,
        opened_on as answered_on
    from tickets
    where customer_id is not null
)

select * from ripe_tickets

union all

select
    'low_score' as feedback_kind,
    low_scores.response_id as feedback_id,
    coalesce(max(case when answers_given.customer_id is not null then 1 else 0 end) = 1, false) as is_answered
from low_scores
left join answers_given
    on
        low_scores.customer_id = answers_given.customer_id
        and low_scores.responded_on <= answers_given.answered_on
        and {{ days_between('low_scores.responded_on', 'answers_given.answered_on') }} <= 30
group by low_scores.response_id
