-- How long first customer lives last, in months, by cut. A life runs from the first order or contract to the last sign
-- of life before a silence of `active_months`. A last sign can be told from a pause only once that silence is over, so
-- everybody is watched up to as-of less `active_months` and censored there; cutting at as-of would count no death of
-- the latest months and all of their survivors.
with

current_run as (
    select * from {{ ref('int_runs_prepared') }}
    where run = 'current'
),

customers as (
    select * from {{ ref('int_customers_unioned') }}
),

lives as (
    select
        spells.customer_key,
        spells.starts_period,
        spells.last_sign_period <= -current_run.active_months as is_event,
        case
            when spells.last_sign_period <= -current_run.active_months
                then spells.last_sign_period - spells.starts_period + 1
            else 1 - current_run.active_months - spells.starts_period
        end as months
    from {{ ref('int_customer_spells_keyed') }} as spells
    cross join current_run
    -- A life that began after the last day it could be watched on says nothing.
    where spells.spell_number = 1 and spells.starts_period <= -current_run.active_months
),

-- Cuts are what was known when the life began: a tier earned later would credit the long-lived with having lived.
entered as (
    select distinct
        contracts.customer_id,
        -days.months_back as period
    from {{ ref('int_contracts_prepared') }} as contracts
    inner join {{ ref('int_calendar_days_spined') }} as days on contracts.starts_on = days.day_on
),

described as (
    select
        lives.months,
        lives.is_event,
        coalesce(customers.customer_type, 'unknown') as customer_type,
        coalesce(customers.acquisition_channel, 'unknown') as acquisition_channel,
        case when entered.customer_id is not null then 'contract' else 'purchase' end as entered_by,
        cast(extract(year from {{ add_months('current_run.cut_on', 'lives.starts_period - 1') }}) as varchar)
            as start_year
    from lives
    cross join current_run
    inner join customers on lives.customer_key = customers.customer_key
    left join entered on customers.customer_id = entered.customer_id and lives.starts_period = entered.period
)

select
    '' as breakdown,
    '' as breakdown_value,
    cast(months as integer) as months,
    is_event,
    cast(count(*) as bigint) as customers
from described
group by
    months,
    is_event
{% for cut in ['customer_type', 'acquisition_channel', 'entered_by', 'start_year'] %}
union all

select
    '{{ cut }}' as breakdown,
    {{ cut }} as breakdown_value,
    cast(months as integer) as months,
    is_event,
    cast(count(*) as bigint) as customers
from described
group by
    {{ cut }},
    months,
    is_event
{% endfor %}
