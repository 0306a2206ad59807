{{ config(meta={'dagster': {'ref': {'name': 'fct_seller_claims'}}}) }}
-- A claim that is left out looks like one that held. A returned row is a claim of the seller that was not judged.
select claims.claim_id
from {{ ref('stg_crm__seller_claims') }} as claims
left join {{ ref('fct_seller_claims') }} as judged on claims.claim_id = judged.claim_id
where claims.removed_on is null and judged.claim_id is null
