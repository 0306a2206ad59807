-- What a deal leaves of each assessed customer's residual value: the share that survives each reason to leave. A reason
-- is asked once of a customer, and the shares multiply, so that nothing is cut twice. Clauses bear on the part that
-- comes from contracts; everything else on the whole customer.
with

current_run as (
    select * from {{ ref('int_runs_prepared') }}
    where run = 'current'
),

assumptions as (
    select
        assumption,
        value
    from {{ ref('int_value_settings_prepared') }}
),

customers as (
    select * from {{ ref('int_customers_unioned') }}
),

valued as (
    select
        customer_id,
        cast(residual_value as double) as residual_value
    from {{ ref('int_customer_values_judged') }}
    where reason is null
),

contract_values as (
    select
        customer_id,
        sum(residual_value) as residual_value
    from {{ source('predictions', 'customer_forecasts') }}
    where run = 'current' and component = 'renewals'
    group by customer_id
),

-- In an asset deal a contract must be passed on, and a clause against a change of control may be read to cover that:
-- the worse of the two counts, once.
clauses as (
    select
        live.customer_id,
        sum(
            live.annual_value * (
                1 - case
                    when current_run.deal_structure = 'asset'
                        then greatest(by_assignment.value, by_control.value)
                    else by_control.value
                end
            )
        ) / nullif(sum(live.annual_value), 0) as survival
    from {{ ref('int_renewals_prepared') }} as live
    inner join {{ ref('int_contracts_prepared') }} as contracts on live.contract_id = contracts.contract_id
    cross join current_run
    inner join assumptions as by_control
        on by_control.assumption = 'cut_change_of_control_' || coalesce(contracts.change_of_control_clause, 'unknown')
    inner join assumptions as by_assignment
        on by_assignment.assumption = 'cut_assignment_' || coalesce(contracts.assignment_clause, 'unknown')
    where live.run = 'current' and live.state = 'live'
    group by live.customer_id
),

resolved_customers as (
    select * from {{ ref('int_customers_resolved') }}
),

consents as (
    select distinct coalesce(resolved_customers.resolved_customer_id, consents.customer_id) as customer_id
    from {{ ref('stg_crm__consents') }} as consents
    cross join current_run
    left join resolved_customers on consents.customer_id = resolved_customers.customer_id
    where
        consents.purpose = 'transfer'
        and consents.removed_on is null
        and consents.granted_on < current_run.cut_on
        and (consents.withdrawn_on is null or consents.withdrawn_on >= current_run.cut_on)
),

staff as (
    select
        staff.staff_id,
        coalesce(staff.is_owner, false) as is_company_owner,
        coalesce(staff.left_on < current_run.cut_on, false) as is_gone
    from {{ ref('stg_crm__staff') }} as staff
    cross join current_run
    where staff.removed_on is null
),

-- Who holds a customer: the account's owner, else whoever sold him his last order.
sellers as (
    select
        customer_id,
        sales_staff_id,
        row_number() over (partition by customer_id order by ordered_on desc, order_id desc) as recency
    from {{ ref('int_orders_prepared') }}
    where sales_staff_id is not null and not is_cancelled and customer_id is not null
),

partners as (
    select
        partners.partner_id,
        coalesce(partners.ends_on < current_run.as_of_on, false) as is_ended
    from {{ ref('stg_crm__partners') }} as partners
    cross join current_run
    where partners.removed_on is null
),

held as (
    select
        valued.customer_id,
        valued.residual_value,
        customers.group_customer_id,
        customers.customer_type,
        customers.partner_id,
        coalesce(customers.owner_staff_id, sellers.sales_staff_id) as holder_id
    from valued
    inner join customers on valued.customer_id = customers.customer_id
    left join sellers on valued.customer_id = sellers.customer_id and sellers.recency = 1
),

shares as (
    select
        held.*,
        sum(held.residual_value) over (partition by held.holder_id)
        / nullif(sum(held.residual_value) over (), 0) as holder_share
    from held
),

judged as (
    select
        shares.customer_id,
        shares.group_customer_id,
        shares.residual_value,
        shares.holder_id,
        shares.partner_id,
        coalesce(contract_values.residual_value, 0) / nullif(shares.residual_value, 0) as contract_share,
        coalesce(clauses.survival, 1) as clause_survival,
        case
            when shares.holder_id is null or coalesce(staff.is_gone, false) then 'nobody'
            when coalesce(staff.is_company_owner, false) then 'company_owner'
            when shares.holder_share >= key_share.value then 'key_person'
            else 'staff'
        end as holder_kind,
        case
            when shares.partner_id is null then 'none'
            when coalesce(partners.is_ended, false) then 'partner_ended'
            else 'partner'
        end as partner_kind,
        -- Only people have personal data to hand over; an organisation is known by its name.
        current_run.deal_structure = 'asset'
        and coalesce(shares.customer_type, 'individual') = 'individual'
        and consents.customer_id is null as needs_consent
    from shares
    cross join current_run
    inner join assumptions as key_share on key_share.assumption = 'key_holder_share'
    left join contract_values on shares.customer_id = contract_values.customer_id
    left join clauses on shares.customer_id = clauses.customer_id
    left join consents on shares.customer_id = consents.customer_id
    left join staff on shares.holder_id = staff.staff_id
    left join partners on shares.partner_id = partners.partner_id
)

select
    judged.customer_id,
    judged.group_customer_id,
    judged.holder_id,
    judged.partner_id,
    judged.holder_kind,
    judged.partner_kind,
    judged.residual_value,
    1 - coalesce(judged.contract_share, 0) * (1 - judged.clause_survival) as clause_survival,
    1 - case when judged.needs_consent then by_consent.value else 0 end as consent_survival,
    1 - coalesce(by_holder.value, 0) as holder_survival,
    1 - coalesce(by_partner.value, 0) as partner_survival,
    (1 - coalesce(judged.contract_share, 0) * (1 - judged.clause_survival))
    * (1 - case when judged.needs_consent then by_consent.value else 0 end)
    * (1 - coalesce(by_holder.value, 0))
    * (1 - coalesce(by_partner.value, 0)) as survival
from judged
inner join assumptions as by_consent on by_consent.assumption = 'cut_no_transfer_consent'
left join assumptions as by_holder on by_holder.assumption = 'cut_' || judged.holder_kind
left join assumptions as by_partner on by_partner.assumption = 'cut_' || judged.partner_kind
