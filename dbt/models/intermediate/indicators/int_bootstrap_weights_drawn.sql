{# A view: written out, the units times the replicates cost three times what they take to draw. #}
{{ config(materialized='view') }}
-- Poisson bootstrap (Hanley & MacGibbon 2006): in each replicate a unit counts 0, 1, 2 ... times. Replicate 0 is the
-- book as it is, so that estimate and interval come from the same query. The draws hang on the id alone: same book,
-- same interval. Fewer replicates on large books, where the interval is narrow anyway.
with

units as (
    select * from {{ ref('int_bootstrap_units_prepared') }}
),

sizes as (
    select
        unit_kind,
        count(*) as unit_count
    from units
    group by unit_kind
),

replicates as (
    {{ number_rows(200) }}
),

-- A layer of its own: inside the steps of the draw the hash would be computed once for each of them. 0.5 draws 1.
uniforms as (
    select
        units.*,
        0 as replicate,
        0.5 as uniform
    from units

    union all

    select
        units.*,
        replicates.n as replicate,
        {{ uniform_hash("units.unit_id || '#' || cast(replicates.n as varchar)") }} as uniform
    from units
    inner join sizes on units.unit_kind = sizes.unit_kind
    inner join replicates on replicates.n <= greatest(40, least(200, 20000000 / sizes.unit_count))
),

drawn as (
    select
        *,
        {{ poisson_one('uniform') }} as weight
    from uniforms
)

select *
from drawn
where weight > 0
