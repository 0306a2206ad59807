-- A twelfth of the annual value for each month a contract is live, counted from its start and dated at the month's
-- first day. A last, shorter month is accrued by its days.
with

current_run as (
    select * from {{ ref('int_runs_prepared') }}
    where run = 'current'
),

numbers as (
    {{ number_rows(600) }}
),

months as (
    select
        contracts.contract_id,
        contracts.customer_id,
        contracts.customer_key,
        contracts.annual_value,
        {{ add_months('contracts.starts_on', 'numbers.n - 1') }} as accrued_on,
        {{ add_months('contracts.starts_on', 'numbers.n') }} as next_on,
        contracts.live_until_on
    from {{ ref('int_contracts_prepared') }} as contracts
    cross join current_run
    inner join numbers
        on
            {{ add_months('contracts.starts_on', 'numbers.n - 1') }} < current_run.cut_on
            and (
                contracts.live_until_on is null
                or {{ add_months('contracts.starts_on', 'numbers.n - 1') }} <= contracts.live_until_on
            )
)

select
    contract_id,
    customer_id,
    customer_key,
    accrued_on,
    cast(
        annual_value / 12 * case
            when live_until_on is null or {{ dbt.dateadd('day', 1, 'live_until_on') }} >= next_on then 1
            else ({{ days_between('accrued_on', 'live_until_on') }} + 1)
                / cast({{ days_between('accrued_on', 'next_on') }} as double)
        end as {{ money() }}
    ) as revenue
from months
