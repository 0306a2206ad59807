-- For every customer: may his residual value be said, and if not, why? He is assessed if each part of the book he is in
-- has a fitted model. Whoever is in none has nothing to come, provided that his trade's models could be fitted at all.
with

customers as (
    select * from {{ ref('int_customer_states_classified') }}
    where run = 'current' and is_customer
),

fits as (
    select * from {{ source('predictions', 'model_fits') }}
    where run = 'current' and component in ('purchases', 'renewals', 'follow_on', 'referral')
),

-- The last model named is the one that speaks where none was chosen.
components as (
    select
        component,
        max(case when is_chosen then 1 else 0 end) = 1 as is_chosen,
        max(case when is_admissible then 1 else 0 end) = 1 as is_admissible,
        {{ dbt.listagg(
            "case when is_admissible and not is_chosen then model || ': ' || reason end",
            "'; '", "order by model") }} as reason
    from fits
    group by component
),

memberships as (
    select
        customer_id,
        'purchases' as component
    from {{ ref('int_purchase_tuples_prepared') }}
    where run = 'current'

    union all

    select distinct
        customer_id,
        'renewals' as component
    from {{ ref('int_renewals_prepared') }}
    where run = 'current' and state = 'live'

    union all

    select
        customer_id,
        'follow_on' as component
    from {{ ref('int_customer_events_prepared') }}
    where run = 'current'
),

parts as (
    select
        memberships.customer_id,
        max(case when components.is_chosen then 0 else 1 end) = 1 as has_unfitted_part,
        {{ dbt.listagg(
            "case when not components.is_chosen then components.component || ' not assessed: ' || components.reason end",
            "'; '", "order by components.component") }} as reason
    from memberships
    inner join components on memberships.component = components.component and components.is_admissible
    group by memberships.customer_id
),

-- Without a term there is no renewal to predict, and nothing would be too little.
open_ended as (
    select distinct contracts.customer_id
    from {{ ref('int_contracts_prepared') }} as contracts
    inner join {{ ref('int_runs_prepared') }} as runs on contracts.starts_on < runs.cut_on
    where
        runs.run = 'current'
        and runs.is_active_by_contract
        and contracts.ends_on is null
        and contracts.live_until_on is null
),

trade as (
    select
        max(case when component != 'referral' and is_chosen then 1 else 0 end) = 1 as has_model,
        max(case when component = 'follow_on' and is_admissible then 1 else 0 end) = 1 as is_by_event,
        max(case when component = 'referral' and is_chosen then 1 else 0 end) = 1 as has_referral_model,
        max(case when component = 'referral' then reason end) as referral_reason,
        {{ dbt.listagg(
            "case when component != 'referral' and is_admissible and not is_chosen"
            " then component || ' not assessed: ' || reason end",
            "'; '", "order by component") }} as reason
    from components
),

forecasts as (
    select * from {{ ref('int_customer_forecasts_summed') }}
    where run = 'current'
)

select
    customers.customer_id,
    customers.margin_net as margin_historic,
    own.model,
    own.p_alive,
    own.margin_per_order,
    case
        when not trade.has_model then trade.reason
        when parts.has_unfitted_part then parts.reason
        when open_ended.customer_id is not null then 'an open-ended contract has no renewal to predict'
        when trade.is_by_event and parts.customer_id is null then 'no dated main event'
        when own.customer_id is not null and own.residual_value is null then 'no margin is known'
    end as reason,
    coalesce(own.orders_12m, 0) as orders_12m,
    coalesce(own.orders_variance, 0) as orders_variance,
    case when own.customer_id is null then 0 else own.residual_value end as residual_value,
    case when own.customer_id is null then 0 else own.residual_process_variance end as residual_process_variance,
    case when own.customer_id is null then 0 else own.residual_variance end as residual_variance,
    case
        when not trade.has_referral_model then coalesce(trade.referral_reason, 'not admitted for this trade')
        when through_others.residual_value is null then 'no margin of a referred customer is known'
    end as referral_reason,
    through_others.orders_12m as referrals_12m,
    through_others.residual_value as referral_value,
    through_others.residual_process_variance as referral_process_variance,
    through_others.residual_variance as referral_variance
from customers
cross join trade
left join parts on customers.customer_id = parts.customer_id
left join open_ended on customers.customer_id = open_ended.customer_id
left join forecasts as own on customers.customer_id = own.customer_id and own.kind = 'residual'
left join forecasts as through_others
    on
        customers.customer_id = through_others.customer_id
        and through_others.kind = 'referral'
