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

keys as (
    select * from {{ ref('int_customer_keys') }}
),

transacting as (
    select customer_key from {{ ref('int_customer_totals_keyed') }}
    union
    select keys.customer_key
    from {{ ref('int_contracts_prepared') }} as contracts
    inner join keys on contracts.customer_id = keys.customer_id
),

recorded as (
    select
        customers.*,
        resolved_customers.customer_key
    from customers
    cross join current_run
    inner join resolved_customers on customers.customer_id = resolved_customers.customer_id
    left join transacting on resolved_customers.customer_key = transacting.customer_key
    where
        not resolved_customers.is_merged
        and not resolved_customers.is_test
        -- A record made after as-of is not known yet, unless its business is.
        and (
            transacting.customer_key is not null
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

-- A parent that nobody delivered has no key: the least of its children's, below zero, stands for it.
keyed_groups as (
    select
        keys.customer_key,
        groups.root,
        coalesce(root_keys.customer_key, -min(keys.customer_key) over (partition by groups.root)) as root_key
    from groups
    inner join keys on groups.id = keys.customer_id
    left join keys as root_keys on groups.root = root_keys.customer_id
),

referrers as (
    select
        recorded.customer_key,
        coalesce(resolved_customers.resolved_customer_id, recorded.referrer_customer_id) as referrer_customer_id
    from recorded
    left join resolved_customers on recorded.referrer_customer_id = resolved_customers.customer_id
    where recorded.referrer_customer_id is not null
)

select
    recorded.customer_key,
    recorded.customer_id,
    coalesce(keyed_groups.root_key, recorded.customer_key) as group_customer_key,
    coalesce(keyed_groups.root, recorded.customer_id) as group_customer_id,
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
    coalesce(recorded.deleted_on < current_run.cut_on, false)
    or coalesce(recorded.removed_on < current_run.cut_on, false) as is_deleted,
    'customers' as record_source
from recorded
cross join current_run
left join keyed_groups on recorded.customer_key = keyed_groups.customer_key
left join referrers on recorded.customer_key = referrers.customer_key

union all

select
    keys.customer_key,
    keys.customer_id,
    keys.customer_key as group_customer_key,
    keys.customer_id as group_customer_id,
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
inner join keys on transacting.customer_key = keys.customer_key
left join recorded on transacting.customer_key = recorded.customer_key
where recorded.customer_key is null
