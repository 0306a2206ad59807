{{ config(meta={'dagster': {'ref': {'name': 'fct_findings'}}}) }}
-- Money without order or evidence cannot be negotiated on, and findings that together take more than customers are
-- expected to bring count something twice. A returned row is a finding, or the sum of them, that does.
with

valued as (
    select value_after as residual_value
    from {{ ref('fct_transfer_bridge') }}
    where step = 'gross' and value_after > 0
),

future as (
    select sum(findings.money_added) as money_added
    from {{ ref('fct_findings') }} as findings
    inner join {{ ref('finding_rules') }} as rules on findings.finding = rules.finding
    where rules.pool = 'future'
)

select finding
from {{ ref('fct_findings') }}
where
    not coalesce(money_low <= money_base and money_base <= money_high and money_low >= 0, false)
    or not coalesce(money_added between 0 and money_base, false)
    or coalesce(evidence_rows, 0) < 1

union all

select 'all of the future' as finding
from future
cross join valued
where future.money_added > valued.residual_value
