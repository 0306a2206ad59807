-- The campaign that brought each customer: the customer's own record says, else the lead that converted first. One row
-- per customer with a campaign.
with

leads as (
    select
        customer_id,
        campaign_id,
        row_number() over (partition by customer_id order by converted_on, lead_id) as lead_number
    from {{ ref('int_leads_prepared') }}
    where converted_on is not null and customer_id is not null
),

attributed as (
    select
        customers.customer_id,
        coalesce(customers.acquisition_campaign_id, leads.campaign_id) as campaign_id
    from {{ ref('int_customers_unioned') }} as customers
    left join leads on customers.customer_id = leads.customer_id and leads.lead_number = 1
)

select
    customer_id,
    campaign_id
from attributed
where campaign_id is not null
