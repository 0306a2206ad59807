{{ config(meta={'dagster': {'ref': {'name': 'fct_consent_coverage'}}}) }}
-- Each purpose lists every customer once and every live consent of a customer. A returned row is a difference:
-- consents of prospects or of duplicates would promise a buyer more than may be handed over.
with

live as (
    select
        consents.purpose,
        count(*) as customers_consenting
    from {{ ref('int_consents_prepared') }} as consents
    inner join {{ ref('dim_customers') }} as customers on consents.customer_id = customers.customer_id
    where consents.is_live and customers.is_customer
    group by consents.purpose
),

book as (
    select count(*) as customers from {{ ref('dim_customers') }}
    where is_customer
)

select
    coverage.purpose,
    coverage.customers,
    coverage.customers_consenting
from {{ ref('fct_consent_coverage') }} as coverage
cross join book
left join live on coverage.purpose = live.purpose
where
    coverage.customers != book.customers
    or coverage.customers_consenting != coalesce(live.customers_consenting, 0)
