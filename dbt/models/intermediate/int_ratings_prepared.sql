-- The latest rating of each rater on each item, as known at as-of.
with

current_run as (
    select * from {{ ref('int_runs_prepared') }}
    where run = 'current'
),

known as (
    select
        ratings.rater_id,
        ratings.indicator_code,
        ratings.score,
        ratings.has_evidence,
        ratings.rated_on,
        row_number() over (
            partition by ratings.rater_id, ratings.indicator_code
            order by ratings.rated_on desc, ratings.delivered_on desc
        ) as from_latest
    from {{ ref('stg_crm__qualitative_ratings') }} as ratings
    cross join current_run
    where
        ratings.removed_on is null
        and ratings.rated_on < current_run.cut_on
        and ratings.score between 1 and 5
)

select
    rater_id,
    indicator_code,
    score,
    has_evidence,
    rated_on
from known
where from_latest = 1
