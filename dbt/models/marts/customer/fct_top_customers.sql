with

customers as (
    select * from {{ ref('dim_customers') }}
),

months as (
    select * from {{ ref('int_customer_months_aggregated') }}
    where months_back between 0 and 35
),

live_contracts as (
    select
        customer_id,
        sum(annual_value_in_effect) as annual_value,
        max(live_until_on) as last_end_on
    from {{ ref('int_contract_standings') }}
    group by customer_id
),

owed as (
    select
        customer_id,
        sum(case when days_overdue > 0 then open_amount else 0 end) as overdue_amount
    from {{ ref('int_receivables_prepared') }}
    group by customer_id
),

yearly as (
    select
        customer_id,
        {% for year in [0, 1, 2] %}
        sum(case when months_back between {{ 12 * year }} and {{ 12 * year + 11 }} then revenue_net else 0 end)
            as revenue_{{ year }},
        -- One month of unknown margin makes the year unknown.
        case
            when
                count(case when months_back between {{ 12 * year }} and {{ 12 * year + 11 }} then 1 end)
                = count(case when months_back between {{ 12 * year }} and {{ 12 * year + 11 }} then margin_net end)
                then coalesce(
                    sum(case when months_back between {{ 12 * year }} and {{ 12 * year + 11 }} then margin_net end), 0
                )
        end as margin_{{ year }}{% if not loop.last %},{% endif %}
        {% endfor %}
    from months
    group by customer_id
),

groups as (
    select
        customers.group_customer_id,
        count(*) as customers,
        sum(case when customers.is_active then 1 else 0 end) as customers_active,
        min(customers.first_order_on) as first_order_on,
        max(customers.last_order_on) as last_order_on,
        {% for year in [0, 1, 2] %}
        sum(coalesce(yearly.revenue_{{ year }}, 0)) as revenue_{{ year }},
        case
            when
                count(*)
                = count(case when yearly.customer_id is null or yearly.margin_{{ year }} is not null then 1 end)
                then sum(coalesce(yearly.margin_{{ year }}, 0))
        end as margin_{{ year }},
        {% endfor %}
        sum(coalesce(live_contracts.annual_value, 0)) as live_annual_value,
        max(live_contracts.last_end_on) as contract_last_end_on,
        sum(coalesce(owed.overdue_amount, 0)) as overdue_amount
    from customers
    left join yearly on customers.customer_id = yearly.customer_id
    left join live_contracts on customers.customer_id = live_contracts.customer_id
    left join owed on customers.customer_id = owed.customer_id
    where customers.is_customer
    group by customers.group_customer_id
),

ranked as (
    select
        *,
        row_number() over (order by revenue_0 desc, group_customer_id asc) as rank,
        case when revenue_1 > 0
            then row_number() over (order by revenue_1 desc, group_customer_id asc)
        end as rank_prior,
        revenue_0 / nullif(cast(sum(revenue_0) over () as double), 0) as revenue_share,
        sum(revenue_0) over (order by revenue_0 desc, group_customer_id asc rows unbounded preceding)
        / nullif(cast(sum(revenue_0) over () as double), 0) as revenue_share_cumulated
    from groups
)

select
    cast(ranked.rank as integer) as rank,
    cast(ranked.rank_prior as integer) as rank_prior,
    ranked.group_customer_id,
    cast(ranked.customers as integer) as customers,
    cast(ranked.customers_active as integer) as customers_active,
    heads.customer_type,
    heads.industry,
    heads.region,
    heads.owner_staff_id,
    ranked.first_order_on,
    ranked.last_order_on,
    cast(ranked.revenue_0 as {{ money() }}) as revenue_net_12m,
    cast(ranked.revenue_1 as {{ money() }}) as revenue_net_prior_12m,
    cast(ranked.revenue_2 as {{ money() }}) as revenue_net_two_years_ago,
    cast(ranked.margin_0 as {{ money() }}) as margin_net_12m,
    cast(ranked.margin_1 as {{ money() }}) as margin_net_prior_12m,
    cast(ranked.margin_2 as {{ money() }}) as margin_net_two_years_ago,
    {{ steady('ranked.revenue_share') }} as revenue_share,
    {{ steady('ranked.revenue_share_cumulated') }} as revenue_share_cumulated,
    cast(ranked.live_annual_value as {{ money() }}) as live_annual_value,
    ranked.contract_last_end_on,
    cast(ranked.overdue_amount as {{ money() }}) as overdue_amount
from ranked
left join customers as heads on ranked.group_customer_id = heads.customer_id
where ranked.rank <= 20 and ranked.revenue_0 > 0
