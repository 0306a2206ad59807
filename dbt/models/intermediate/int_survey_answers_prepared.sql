-- The last answer per customer, instrument and topic in the window; an invite without an answer is a row of its own.
with

current_run as (
    select * from {{ ref('int_runs_prepared') }}
    where run = 'current'
),

resolved_customers as (
    select * from {{ ref('int_customers_resolved') }}
),

responses as (
    select
        responses.response_id,
        coalesce(responses.invite_id, responses.response_id) as invite_id,
        coalesce(resolved_customers.resolved_customer_id, responses.customer_id) as customer_id,
        responses.instrument,
        coalesce(responses.topic, 'overall') as topic,
        responses.method,
        responses.invited_on,
        responses.responded_at,
        responses.score,
        responses.scale_max,
        responses.responded_on < current_run.cut_on and responses.score is not null as is_answered
    from {{ ref('stg_crm__survey_responses') }} as responses
    cross join current_run
    left join resolved_customers on responses.customer_id = resolved_customers.customer_id
    where
        responses.removed_on is null
        and responses.invited_on >= current_run.window_start_on
        and responses.invited_on < current_run.cut_on
        and not coalesce(resolved_customers.is_test, false)
)

select
    *,
    is_answered
    and row_number() over (
        partition by coalesce(customer_id, response_id), instrument, topic
        order by case when is_answered then responded_at end desc nulls last, response_id desc
    ) = 1 as is_last_answer
from responses
