{{ config(meta={'dagster': {'ref': {'name': 'fct_recurring_revenue'}}}) }}
-- opening + new + expansion - contraction - churn = closing, one year's close is the next one's opening, the last
-- close is what live contracts are worth, and gross retention is neither above net nor above one. A returned row
-- breaks one of them.
with

years as (
    select
        *,
        lead(opening) over (order by years_back desc) as next_opening
    from {{ ref('fct_recurring_revenue') }}
),

live as (
    select coalesce(sum(contract_values.annual_value), 0) as annual_value
    from {{ ref('int_contract_values_prepared') }} as contract_values
    inner join {{ ref('int_runs_prepared') }} as runs on runs.run = 'current'
    where
        contract_values.effective_before_on is null
        and contract_values.starts_on < runs.cut_on
        and (contract_values.live_until_on is null or contract_values.live_until_on >= runs.as_of_on)
)

select
    years.years_back,
    years.closing,
    years.next_opening
from years
cross join live
where
    years.opening + years.new + years.expansion - years.contraction - years.churn != years.closing
    or years.next_opening != years.closing
    or years.grr > years.nrr
    or years.grr > 1
    or (years.years_back = 0 and years.closing != live.annual_value)
