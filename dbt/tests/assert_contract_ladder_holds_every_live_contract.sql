{{ config(meta={'dagster': {'ref': {'name': 'fct_contract_ladder'}}}) }}
-- The ladder holds every live contract once, with the value it was signed for. A returned row is a difference.
with

ladder as (
    select
        sum(contracts) as contracts,
        sum(annual_value) as annual_value
    from {{ ref('fct_contract_ladder') }}
),

live as (
    select
        count(*) as contracts,
        sum(contracts.annual_value) as annual_value
    from {{ ref('int_contracts_prepared') }} as contracts
    inner join {{ ref('int_runs_prepared') }} as runs
        on
            runs.run = 'current'
            and contracts.starts_on < runs.cut_on
            and (contracts.live_until_on is null or contracts.live_until_on >= runs.as_of_on)
)

select
    live.contracts as expected,
    ladder.contracts
from live
cross join ladder
where
    live.contracts != coalesce(ladder.contracts, 0)
    or coalesce(live.annual_value, 0) != coalesce(ladder.annual_value, 0)
