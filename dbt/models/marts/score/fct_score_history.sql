with

settings as (
    select
        max(case when setting = 'missing_middle' then value end) as missing_middle,
        max(case when setting = 'dimension_floor' then value end) as dimension_floor
    from {{ ref('score_settings') }}
),

current_run as (
    select
        build.generation,
        runs.as_of_on
    from {{ ref('int_runs_prepared') }} as runs
    cross join {{ source('simulation', 'build') }} as build
    where runs.run = 'current'
),

present as (
    select
        'total' as level,
        'total' as code,
        score,
        score_ci_low as low,
        score_ci_high as high,
        cast(null as double) as value,
        cast(1 as double) as weight
    from {{ ref('fct_overall_score') }}
    union all
    select
        'dimension',
        dimension,
        score,
        score_ci_low,
        score_ci_high,
        null,
        weight
    from {{ ref('fct_dimension_scores') }}
    union all
    select
        'indicator',
        indicator_code,
        score,
        score_ci_low,
        score_ci_high,
        value,
        weight_total
    from {{ ref('fct_indicator_scores') }}
),

-- What is published now has no time of publication yet: it is known only once it is.
parts as (
    select * from {{ source('simulation', 'history') }}
    union all
    select
        current_run.generation,
        cast(null as timestamp) as published_at,
        current_run.as_of_on,
        present.*
    from present
    cross join current_run
),

generations as (
    select
        generation,
        lag(generation) over (order by generation) as previous_generation
    from (select distinct generation from parts) as numbers
),

compared as (
    select
        parts.*,
        generations.previous_generation,
        coalesce(parts.score, settings.missing_middle) as expected,
        coalesce(earlier.score, settings.missing_middle) as expected_before,
        earlier.code is not null as was_there,
        earlier.score as score_before,
        earlier.weight as weight_before,
        settings.dimension_floor
    from parts
    cross join settings
    inner join generations on parts.generation = generations.generation
    left join parts as earlier
        on
            generations.previous_generation = earlier.generation
            and parts.level = earlier.level
            and parts.code = earlier.code
),

-- Logarithmic means make the change of a geometric mean a sum over its parts, without a rest but the weights'.
means as (
    select
        generation,
        level,
        code,
        case
            when not was_there or expected is null then null
            when abs(ln(greatest(expected, dimension_floor) / greatest(expected_before, dimension_floor))) < 1e-12
                then greatest(expected, dimension_floor)
            else
                (greatest(expected, dimension_floor) - greatest(expected_before, dimension_floor))
                / ln(greatest(expected, dimension_floor) / greatest(expected_before, dimension_floor))
        end as log_mean
    from compared
    where level in ('total', 'dimension')
),

catalogue as (
    select * from {{ ref('indicators') }}
),

moved as (
    select
        compared.*,
        case
            when compared.level != 'indicator' or not compared.was_there or compared.weight is null then null
            else
                totals.log_mean * (compared.weight + coalesce(compared.weight_before, compared.weight)) / 2
                * (compared.expected - compared.expected_before) / dimensions.log_mean
        end as moved_total
    from compared
    left join catalogue on compared.code = catalogue.indicator_code and compared.level = 'indicator'
    left join means as totals
        on
            compared.generation = totals.generation
            and totals.level = 'total'
    left join means as dimensions
        on
            compared.generation = dimensions.generation
            and dimensions.level = 'dimension'
            and catalogue.dimension = dimensions.code
),

rest as (
    select
        moved.generation,
        max(moved.published_at) as published_at,
        max(moved.as_of_on) as as_of_on,
        max(moved.previous_generation) as previous_generation,
        max(case when moved.level = 'total' then moved.score - moved.score_before end)
        - coalesce(sum(moved.moved_total), 0) as moved_total
    from moved
    group by moved.generation
)

select
    cast(generation as integer) as generation,
    published_at,
    as_of_on as as_of_date,
    level,
    code,
    {{ steady('score') }} as score,
    {{ steady('low') }} as score_ci_low,
    {{ steady('high') }} as score_ci_high,
    {{ steady('value') }} as value,
    {{ steady('weight') }} as weight,
    cast(previous_generation as integer) as previous_generation,
    case when was_there then {{ steady('score - score_before') }} end as change,
    case
        when level = 'total' and was_there then {{ steady('score - score_before') }}
        else {{ steady('moved_total') }}
    end as moved_total,
    case
        when level != 'indicator' or not was_there or expected = expected_before then null
        when score is null or score_before is null then 'evidence'
        else 'value'
    end as cause
from moved

union all

select
    generation,
    published_at,
    as_of_on,
    'rest' as level,
    'weights_and_catalogue' as code,
    null as score,
    null as score_ci_low,
    null as score_ci_high,
    null as value,
    null as weight,
    cast(previous_generation as integer) as previous_generation,
    null as change,
    case when abs(moved_total) < 1e-9 then 0 else {{ steady('moved_total') }} end as moved_total,
    'weights' as cause
from rest
where moved_total is not null
