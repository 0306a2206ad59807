with

contracts as (
    select * from {{ ref('int_contract_standings') }}
),

placed as (
    select
        *,
        coalesce(cast({{ month_of('live_until_on') }} as varchar), 'open_ended') as ends_in,
        coalesce(renewal, 'unknown') as renewal_terms,
        coalesce(assignment_clause, 'unknown') as assignment_terms,
        coalesce(change_of_control_clause, 'unknown') as change_of_control_terms
    from contracts
)

select
    ends_in,
    {{ month_of('min(live_until_on)') }} as ends_month_on,
    cast(extract(year from min(live_until_on)) as integer) as ends_year,
    renewal_terms as renewal,
    assignment_terms as assignment_clause,
    change_of_control_terms as change_of_control_clause,
    cast(count(*) as integer) as contracts,
    cast(count(distinct customer_id) as integer) as customers,
    cast(sum(annual_value) as {{ money() }}) as annual_value,
    cast(sum(annual_value_in_effect) as {{ money() }}) as annual_value_in_effect,
    -- Of an open end nobody knows the rest.
    cast(sum(annual_value_in_effect * days_left / 365.25) as {{ money() }}) as value_to_run
from placed
group by
    ends_in,
    renewal_terms,
    assignment_terms,
    change_of_control_terms
