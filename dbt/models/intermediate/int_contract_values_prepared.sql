-- What each contract is worth a year, from when to when: the recorded changes, and before the first of them the value
-- it was signed for. The last stretch has no end: whether the contract lives is the contract's to say.
with

current_run as (
    select * from {{ ref('int_runs_prepared') }}
    where run = 'current'
),

contracts as (
    select * from {{ ref('int_contracts_prepared') }}
),

changes as (
    select
        contract_values.contract_id,
        contract_values.effective_on,
        contract_values.annual_value
    from {{ ref('stg_crm__contract_values') }} as contract_values
    cross join current_run
    where contract_values.removed_on is null and contract_values.effective_on < current_run.cut_on
),

signed as (
    select
        contracts.contract_id,
        contracts.starts_on as effective_on,
        contracts.annual_value
    from contracts
    left join changes
        on contracts.contract_id = changes.contract_id and contracts.starts_on >= changes.effective_on
    where changes.contract_id is null
),

unioned as (
    select * from changes
    union all
    select * from signed
)

select
    contracts.contract_id,
    contracts.customer_id,
    unioned.effective_on,
    lead(unioned.effective_on) over (
        partition by contracts.contract_id
        order by unioned.effective_on
    ) as effective_before_on,
    unioned.annual_value,
    contracts.starts_on,
    contracts.live_until_on
from contracts
inner join unioned on contracts.contract_id = unioned.contract_id
