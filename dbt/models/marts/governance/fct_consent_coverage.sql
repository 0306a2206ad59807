with

customers as (
    select * from {{ ref('dim_customers') }}
    where is_customer
),

consents as (
    select * from {{ ref('int_consents_prepared') }}
),

purposes as (
    select distinct purpose from consents
),

-- Every customer against every purpose the company asked for: who never answered is not covered.
asked as (
    select
        purposes.purpose,
        customers.customer_id,
        customers.is_active,
        customers.revenue_net_12m,
        coalesce(consents.is_live, false) as is_live,
        coalesce(consents.is_withdrawn and not consents.is_live, false) as is_withdrawn
    from customers
    cross join purposes
    left join consents on customers.customer_id = consents.customer_id and purposes.purpose = consents.purpose
)

select
    purpose,
    cast(count(*) as integer) as customers,
    cast(sum(case when is_live then 1 else 0 end) as integer) as customers_consenting,
    cast(sum(case when is_withdrawn then 1 else 0 end) as integer) as customers_withdrawn,
    cast(sum(case when is_active then 1 else 0 end) as integer) as customers_active,
    cast(sum(case when is_active and is_live then 1 else 0 end) as integer) as customers_active_consenting,
    {{ steady("sum(case when is_live then 1.0 else 0.0 end) / count(*)") }} as customer_share,
    cast(sum(revenue_net_12m) as {{ money() }}) as revenue_net_12m,
    cast(sum(case when is_live then revenue_net_12m else 0 end) as {{ money() }}) as revenue_net_12m_consenting,
    {{ steady(
        "cast(sum(case when is_live then revenue_net_12m else 0 end) as double)"
        " / nullif(cast(sum(revenue_net_12m) as double), 0)"
    ) }} as revenue_share
from asked
group by purpose
