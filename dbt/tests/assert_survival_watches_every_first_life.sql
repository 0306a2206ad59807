{{ config(meta={'dagster': {'ref': {'name': 'fct_survival'}}}) }}
-- Every first life old enough to be watched enters the curve of the whole book and leaves it once, and so it does for
-- each cut. A returned row is a curve whose exits are not its entrants, or cuts that do not add up to the book.
with

exits as (
    select
        breakdown,
        sum(events + censored) as leaving,
        sum(case when months_since = 0 then at_risk else 0 end) as entering
    from {{ ref('fct_survival') }}
    group by breakdown
),

lives as (
    select count(*) as customers
    from {{ ref('int_customer_spells_merged') }} as spells
    inner join {{ ref('int_runs_prepared') }} as runs on runs.run = 'current'
    where spells.spell_number = 1 and spells.starts_period <= -runs.active_months
)

select
    exits.breakdown,
    exits.leaving,
    exits.entering,
    lives.customers
from exits
cross join lives
where exits.leaving != lives.customers or exits.entering != lives.customers
