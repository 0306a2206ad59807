-- A twelfth of the annual value for each month a contract is live, counted from its start and dated at the month's
-- first day, at the value in effect that day. A last, shorter month is accrued by its days.
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
    months.contract_id,
    months.customer_id,
    months.customer_key,
    months.accrued_on,
    cast(
        contract_values.annual_value / 12 * case
            when months.live_until_on is null or {{ dbt.dateadd('day', 1, 'months.live_until_on') }} >= months.next_on
                then 1
            else ({{ days_between('months.accrued_on', 'months.live_until_on') }} + 1)
                / cast({{ days_between('months.accrued_on', 'months.next_on') }} as double)
        end as {{ money() }}
    ) as revenue
from months
inner join {{ ref('int_contract_values_prepared') }} as contract_values
    on
        months.contract_id = contract_values.contract_id
        and months.accrued_on >= contract_values.effective_on
        and coalesce(months.accrued_on < contract_values.effective_before_on, true)
