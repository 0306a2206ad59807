with

results as (
    select * from {{ ref('fct_expectation_results') }}
    where stage = 'raw'
),

accounting as (
    select * from {{ ref('fct_row_accounting') }}
),

-- What never reached a table counts against the data too: rows that could not be read, and repeats.
evidence as (
    select
        dimension,
        1 as expectations,
        case when status = 'passed' then 1 else 0 end as passed,
        case when status = 'failed' then 1 else 0 end as failed,
        case when status = 'not_assessed' then 1 else 0 end as not_assessed,
        case when status = 'not_assessed' then 0 else element_count end as evaluated,
        case when status = 'not_assessed' then 0 else unexpected_count end as unexpected
    from results

    union all

    select
        'validity' as dimension,
        0 as expectations,
        0 as passed,
        0 as failed,
        0 as not_assessed,
        delivered as evaluated,
        quarantined as unexpected
    from accounting

    union all

    select
        'uniqueness' as dimension,
        0 as expectations,
        0 as passed,
        0 as failed,
        0 as not_assessed,
        delivered as evaluated,
        duplicates as unexpected
    from accounting
)

select
    dimension,
    cast(sum(expectations) as integer) as expectations,
    cast(sum(passed) as integer) as passed,
    cast(sum(failed) as integer) as failed,
    cast(sum(not_assessed) as integer) as not_assessed,
    cast(sum(evaluated) as bigint) as evaluated,
    cast(sum(unexpected) as bigint) as unexpected,
    1 - sum(unexpected) / nullif(cast(sum(evaluated) as double), 0) as quality_share
from evidence
group by dimension
