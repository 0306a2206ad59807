-- Contracts live at as-of with what they are worth a year that day: the last change of value in effect, or the value
-- they were signed for.
with

current_run as (
    select * from {{ ref('int_runs_prepared') }}
    where run = 'current'
),

contracts as (
    select contracts.*
    from {{ ref('int_contracts_prepared') }} as contracts
    cross join current_run
    where
        contracts.starts_on < current_run.cut_on
        and (contracts.live_until_on is null or contracts.live_until_on >= current_run.as_of_on)
),

changes as (
    select
        contract_values.contract_id,
        contract_values.annual_value,
        row_number() over (
            partition by contract_values.contract_id
            order by contract_values.effective_on desc
        ) as recency
    from {{ ref('stg_crm__contract_values') }} as contract_values
    cross join current_run
    where contract_values.removed_on is null and contract_values.effective_on < current_run.cut_on
)

select
    contracts.*,
    coalesce(changes.annual_value, contracts.annual_value) as annual_value_in_effect,
    -- Whole days still to run, as-of not counted; null: runs on.
    {{ days_between('current_run.as_of_on', 'contracts.live_until_on') }} as days_left
from contracts
cross join current_run
left join changes on contracts.contract_id = changes.contract_id and changes.recency = 1
