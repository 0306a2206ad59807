with

current_run as (
    select * from {{ ref('int_runs_prepared') }}
    where run = 'current'
),

customers as (
    select * from {{ ref('dim_customers') }}
    where is_customer
),

staff as (
    select
        staff.staff_id,
        staff.role,
        staff.team,
        coalesce(staff.is_owner, false) as is_company_owner,
        staff.left_on
    from {{ ref('stg_crm__staff') }} as staff
    cross join current_run
    where staff.removed_on is null and coalesce(staff.hired_on < current_run.cut_on, true)
),

held as (
    select
        coalesce(owner_staff_id, 'nobody') as holder_id,
        count(*) as customers,
        sum(case when is_active then 1 else 0 end) as customers_active,
        sum(revenue_net_12m) as revenue_net_12m,
        case when count(*) = count(margin_net_12m) then sum(margin_net_12m) end as margin_net_12m
    from customers
    group by coalesce(owner_staff_id, 'nobody')
),

sold as (
    select
        coalesce(sales_staff_id, 'nobody') as holder_id,
        sum(revenue) as revenue_sold_12m
    from {{ ref('int_order_cuts_aggregated') }}
    where run = 'current'
    group by coalesce(sales_staff_id, 'nobody')
),

holders as (
    select holder_id from held
    union
    select holder_id from sold
    union
    -- The owner of the company is listed even with no account: that is the good news.
    select staff_id from staff
    where is_company_owner
),

judged as (
    select
        holders.holder_id,
        staff.role,
        staff.team,
        case
            when holders.holder_id = 'nobody' then 'nobody'
            when staff.staff_id is null then 'unknown'
            when staff.left_on < current_run.cut_on then 'left'
            when staff.is_company_owner then 'company_owner'
            else 'staff'
        end as standing,
        coalesce(held.customers, 0) as customers,
        coalesce(held.customers_active, 0) as customers_active,
        coalesce(held.revenue_net_12m, 0) as revenue_net_12m,
        -- Who holds nobody holds no margin; a margin of which one part is unknown is unknown.
        case when held.holder_id is null then 0 else held.margin_net_12m end as margin_net_12m,
        coalesce(sold.revenue_sold_12m, 0) as revenue_sold_12m
    from holders
    cross join current_run
    left join staff on holders.holder_id = staff.staff_id
    left join held on holders.holder_id = held.holder_id
    left join sold on holders.holder_id = sold.holder_id
)

select
    holder_id,
    standing,
    role,
    team,
    cast(customers as integer) as customers,
    cast(customers_active as integer) as customers_active,
    -- Accounts whose holder is gone, or who never had one.
    cast(case when standing in ('staff', 'company_owner') then 0 else customers_active end as integer)
        as customers_orphaned,
    cast(revenue_net_12m as {{ money() }}) as revenue_net_12m,
    cast(margin_net_12m as {{ money() }}) as margin_net_12m,
    {{ steady('cast(revenue_net_12m as double) / nullif(cast(sum(revenue_net_12m) over () as double), 0)') }}
        as revenue_share,
    -- Shares of the known part alone would make whoever is known look large.
    case when count(*) over () = count(margin_net_12m) over ()
        then {{ steady('cast(margin_net_12m as double) / nullif(cast(sum(margin_net_12m) over () as double), 0)') }}
    end as margin_share,
    cast(revenue_sold_12m as {{ money() }}) as revenue_sold_12m
from judged
