-- Every open invoice at every close in its bucket of days overdue, with the loss to be expected of it: the profile's
-- rate of the bucket, or the rate of a dispute where one is open and that is dearer.
with

receivables as (
    select * from {{ ref('int_receivables_aged') }}
),

current_run as (
    select * from {{ ref('int_runs_prepared') }}
    where run = 'current'
),

rates as (
    select loss_rates.*
    from {{ ref('loss_rates') }} as loss_rates
    inner join current_run on loss_rates.profile = current_run.profile
),

disputes as (
    select max(loss_rate) as loss_rate
    from rates
    where bucket = 'disputed'
),

placed as (
    select
        receivables.*,
        rates.bucket,
        rates.position,
        case
            when receivables.is_disputed and disputes.loss_rate > rates.loss_rate then disputes.loss_rate
            else rates.loss_rate
        end as loss_rate
    from receivables
    -- The bucket of a dispute has no days.
    inner join rates
        on
            receivables.days_overdue >= rates.overdue_from
            and receivables.days_overdue < rates.overdue_until
    cross join disputes
)

select
    *,
    cast(open_amount * loss_rate as {{ money() }}) as expected_loss
from placed
