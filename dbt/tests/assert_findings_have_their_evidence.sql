{{ config(meta={'dagster': {'ref': {'name': 'fct_findings'}}}) }}
-- Money without order or evidence cannot be negotiated on. A returned row is a finding that lacks either.
select finding
from {{ ref('fct_findings') }}
where
    not coalesce(money_low <= money_base and money_base <= money_high and money_low >= 0, false)
    or coalesce(evidence_rows, 0) < 1
