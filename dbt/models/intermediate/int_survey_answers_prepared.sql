-- Invites known by as-of and their answers: an answer belongs to the window it was given in, an invite to the one it
-- was sent in. The last answer of the window per customer, instrument and topic speaks for the customer.
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
        case when responses.responded_on < current_run.cut_on then responses.responded_on end as responded_on,
        responses.score,
        responses.scale_min,
        responses.scale_max,
        responses.invited_on >= current_run.window_start_on as is_invited,
        responses.responded_on < current_run.cut_on and responses.score is not null as is_answered,
        responses.responded_on >= current_run.window_start_on
        and responses.responded_on < current_run.cut_on
        and responses.score is not null as is_answered_in_window
    from {{ ref('stg_crm__survey_responses') }} as responses
    cross join current_run
    left join resolved_customers on responses.customer_id = resolved_customers.customer_id
    where
        responses.removed_on is null
        and responses.invited_on < current_run.cut_on
        and not coalesce(resolved_customers.is_test, false)
)

select
    *,
    coalesce(is_answered_in_window, false)
    and row_number() over (
        partition by coalesce(customer_id, response_id), instrument, topic
        order by case when is_answered_in_window then responded_at end desc nulls last, response_id desc
    ) = 1 as is_last_answer
from responses
