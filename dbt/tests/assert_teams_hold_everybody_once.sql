{{ config(meta={'dagster': {'ref': {'name': 'fct_team_capacity'}}}) }}
-- The teams add up to the staff list, and opening + joined - left = closing, whoever came and went within the year
-- aside on both sides. A returned row does not add up.
with

teams as (
    select
        coalesce(sum(people), 0) as people,
        coalesce(sum(people_year_before), 0) as people_year_before,
        coalesce(sum(joined_12m), 0) as joined,
        coalesce(sum(left_12m), 0) as left_team
    from {{ ref('fct_team_capacity') }}
),

staff as (
    select
        coalesce(sum(case when is_there then 1 else 0 end), 0) as people,
        coalesce(sum(case when left_in_window and not was_there then 1 else 0 end), 0) as passing
    from {{ ref('int_staff_prepared') }}
)

select
    staff.people as expected,
    teams.people
from teams
cross join staff
where
    teams.people != staff.people
    or teams.people_year_before + teams.joined - (teams.left_team - staff.passing) != teams.people
