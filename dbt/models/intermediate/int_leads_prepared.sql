-- Leads known by as-of, each with where it stands then.
with

current_run as (
    select * from {{ ref('int_runs_prepared') }}
    where run = 'current'
),

resolved_customers as (
    select * from {{ ref('int_customers_resolved') }}
),

customers as (
    select * from {{ ref('int_customers_unioned') }}
)

select
    leads.lead_id,
    leads.created_on,
    leads.source_channel,
    leads.campaign_id,
    leads.partner_id,
    leads.lost_reason,
    leads.lost_to_competitor,
    leads.is_tender,
    leads.region,
    leads.industry,
    leads.product_id,
    leads.owner_staff_id,
    leads.expected_amount,
    leads.probability,
    case when leads.qualified_on < current_run.cut_on then leads.qualified_on end as qualified_on,
    case when leads.quoted_on < current_run.cut_on then leads.quoted_on end as quoted_on,
    case when leads.converted_on < current_run.cut_on then leads.converted_on end as converted_on,
    case when leads.lost_on < current_run.cut_on then leads.lost_on end as lost_on,
    -- Whom it was converted to is not known before it is, unless the customer was on the book already.
    case
        when leads.converted_on >= current_run.cut_on and customers.customer_id is null then null
        else coalesce(resolved_customers.resolved_customer_id, leads.customer_id)
    end as customer_id,
    not coalesce(leads.converted_on < current_run.cut_on, false)
    and not coalesce(leads.lost_on < current_run.cut_on, false) as is_open
from {{ ref('stg_crm__leads') }} as leads
cross join current_run
left join resolved_customers on leads.customer_id = resolved_customers.customer_id
left join customers
    on coalesce(resolved_customers.resolved_customer_id, leads.customer_id) = customers.customer_id
where
    leads.removed_on is null
    and leads.created_on < current_run.cut_on
    and not coalesce(resolved_customers.is_test, false)
