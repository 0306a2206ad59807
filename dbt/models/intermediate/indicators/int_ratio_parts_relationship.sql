-- Relationship management: what each customer or owner adds to the two sides of a quotient of sums.
with

current_run as (
    select * from {{ ref('int_runs_prepared') }}
    where run = 'current'
),

customers as (
    select * from {{ ref('dim_customers') }}
    where is_customer
),

live_staff as (
    select
        staff.staff_id,
        coalesce(staff.is_owner, false) as is_company_owner
    from {{ ref('stg_crm__staff') }} as staff
    cross join current_run
    where
        staff.removed_on is null
        and coalesce(staff.hired_on < current_run.cut_on, true)
        and coalesce(staff.left_on >= current_run.cut_on, true)
),

company_owners as (
    select staff_id
    from {{ ref('stg_crm__staff') }}
    where removed_on is null and is_owner
),

-- The person who holds most of the window's margin; ties fall in the order of ids.
holders as (
    select
        owner_staff_id,
        row_number() over (order by sum(margin_net_12m) desc, owner_staff_id asc) as holder_rank
    from customers
    where owner_staff_id is not null and margin_net_12m is not null
    group by owner_staff_id
),

held as (
    select
        customers.customer_id,
        customers.margin_net_12m,
        case when holders.holder_rank = 1 then 1 else 0 end as is_largest_holder,
        case when company_owners.staff_id is not null then 1 else 0 end as is_held_by_company_owner
    from customers
    left join holders on customers.owner_staff_id = holders.owner_staff_id
    left join company_owners on customers.owner_staff_id = company_owners.staff_id
    where customers.margin_net_12m is not null and customers.margin_net_12m != 0
),

contacted as (
    select distinct coalesce(resolved_customers.resolved_customer_id, contacts.customer_id) as customer_id
    from {{ ref('stg_crm__contacts') }} as contacts
    cross join current_run
    left join {{ ref('int_customers_resolved') }} as resolved_customers
        on contacts.customer_id = resolved_customers.customer_id
    where
        contacts.removed_on is null
        and coalesce(contacts.left_on >= current_run.cut_on, true)
),

partnered as (
    select
        related.customer_id,
        max(case when partners.kind = 'association' then 1 else 0 end) as is_association
    from {{ ref('int_partner_customers_related') }} as related
    left join {{ ref('fct_partner_performance') }} as partners on related.partner_id = partners.partner_id
    group by related.customer_id
),

referred as (
    select distinct referred_customer_id as customer_id
    from {{ ref('int_referrals_prepared') }}
    where referred_customer_id is not null
),

linked as (
    select
        customers.customer_id,
        customers.revenue_net_12m,
        case when contacted.customer_id is not null then 1 else 0 end as by_contact,
        case when partnered.customer_id is not null then 1 else 0 end as by_partner,
        case when referred.customer_id is not null then 1 else 0 end as by_referrer,
        coalesce(partnered.is_association, 0) as by_association
    from customers
    left join contacted on customers.customer_id = contacted.customer_id
    left join partnered on customers.customer_id = partnered.customer_id
    left join referred on customers.customer_id = referred.customer_id
    where customers.revenue_net_12m != 0
),

parts as (
    select
        'owner_load' as indicator_code,
        '' as breakdown,
        '' as breakdown_value,
        customers.owner_staff_id as unit_id,
        count(*) as numerator,
        1 as denominator
    from customers
    inner join live_staff on customers.owner_staff_id = live_staff.staff_id
    where customers.is_active
    group by customers.owner_staff_id

    union all

    select
        'key_person_share',
        '',
        '',
        customer_id,
        is_largest_holder * margin_net_12m,
        margin_net_12m
    from held

    union all

    select
        'key_person_share',
        'person',
        'company_owner',
        customer_id,
        is_held_by_company_owner * margin_net_12m,
        margin_net_12m
    from held

    union all

    select
        'relationship_network',
        '',
        '',
        customer_id,
        case when by_contact + by_partner + by_referrer > 0 then revenue_net_12m else 0 end,
        revenue_net_12m
    from linked
    {% for link in ['contact', 'partner', 'referrer', 'association'] %}
    union all

    select
        'relationship_network',
        'link',
        '{{ link }}',
        customer_id,
        by_{{ link }} * revenue_net_12m,
        revenue_net_12m
    from linked
    {% endfor %}
)

select
    indicator_code,
    breakdown,
    breakdown_value,
    unit_id,
    cast(numerator as {{ money() }}) as numerator,
    cast(denominator as {{ money() }}) as denominator
from parts
