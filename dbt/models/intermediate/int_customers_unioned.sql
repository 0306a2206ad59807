-- Everyone the deliveries know as a customer, after merges and without test accounts: the customer extract, and
-- whoever appears only on an order, an invoice or a contract (a buyer without a record is still a buyer).
with

current_run as (
    select * from {{ ref('int_runs_prepared') }}
    where run = 'current'
),

customers as (
    select * from {{ ref('stg_crm__customers') }}
),

resolved_customers as (
    select * from {{ ref('int_customers_resolved') }}
),

transacting as (
    select customer_id from {{ ref('int_customer_months_aggregated') }}
    union
    select customer_id from {{ ref('int_contracts_prepared') }}
),

recorded as (
    select customers.*
    from customers
    cross join current_run
    inner join resolved_customers on customers.customer_id = resolved_customers.customer_id
    left join transacting on customers.customer_id = transacting.customer_id
    where
        not resolved_customers.is_merged
        and not resolved_customers.is_test
        -- A record made after as-of is not known yet, unless its business is.
        and (
            transacting.customer_id is not null
            or customers.created_on is null
            or customers.created_on < current_run.cut_on
        )
),

parents as (
    select
        recorded.customer_id as id,
        coalesce(resolved_customers.resolved_customer_id, recorded.parent_customer_id) as target
    from recorded
    left join resolved_customers on recorded.parent_customer_id = resolved_customers.customer_id
    where
        recorded.parent_customer_id is not null
        and coalesce(resolved_customers.resolved_customer_id, recorded.parent_customer_id) != recorded.customer_id
),

groups as (
    {{ chain_roots('parents') }}
),

referrers as (
    select
        recorded.customer_id,
        coalesce(resolved_customers.resolved_customer_id, recorded.referrer_customer_id) as referrer_customer_id
    from recorded
    left join resolved_customers on recorded.referrer_customer_id = resolved_customers.customer_id
)

select
    recorded.customer_id,
    coalesce(groups.root, recorded.customer_id) as group_customer_id,
    recorded.customer_type,
    recorded.gender,
    recorded.birth_date,
    recorded.region_code,
    recorded.region,
    recorded.city,
    recorded.industry,
    recorded.acquisition_channel,
    recorded.acquisition_campaign_id,
    recorded.acquired_on,
    referrers.referrer_customer_id,
    recorded.partner_id,
    recorded.owner_staff_id,
    recorded.created_on,
    recorded.updated_on,
    recorded.deleted_on is not null or recorded.removed_on is not null as is_deleted,
    'customers' as record_source
from recorded
left join groups on recorded.customer_id = groups.id
left join referrers on recorded.customer_id = referrers.customer_id

union all

select
    transacting.customer_id,
    transacting.customer_id as group_customer_id,
    cast(null as varchar) as customer_type,
    cast(null as varchar) as gender,
    cast(null as date) as birth_date,
    cast(null as varchar) as region_code,
    cast(null as varchar) as region,
    cast(null as varchar) as city,
    cast(null as varchar) as industry,
    cast(null as varchar) as acquisition_channel,
    cast(null as varchar) as acquisition_campaign_id,
    cast(null as date) as acquired_on,
    cast(null as varchar) as referrer_customer_id,
    cast(null as varchar) as partner_id,
    cast(null as varchar) as owner_staff_id,
    cast(null as date) as created_on,
    cast(null as date) as updated_on,
    false as is_deleted,
    'transactions' as record_source
from transacting
left join recorded on transacting.customer_id = recorded.customer_id
where recorded.customer_id is null
