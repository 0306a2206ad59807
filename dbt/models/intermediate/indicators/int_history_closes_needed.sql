-- The closes at which a target or an initiative asks what an indicator was; as-of among them, so that the history can
-- be held to the assessment itself.
with

closes as (
    select * from {{ ref('int_closes_spined') }}
),

asked as (
    select period_end as asked_on
    from {{ ref('stg_crm__kpi_targets') }}
    where removed_on is null
    union
    select cast({{ dbt.dateadd('day', -1, 'started_on') }} as date) as asked_on
    from {{ ref('stg_crm__initiatives') }}
    where removed_on is null
    union
    select cast({{ dbt.dateadd('day', -1, add_months('ended_on', 12)) }} as date) as asked_on
    from {{ ref('stg_crm__initiatives') }}
    where removed_on is null and ended_on is not null
),

-- The last close by the day asked about; what lies ahead of as-of reads as-of.
placed as (
    select
        asked.asked_on,
        min(closes.months_back) as months_back
    from asked
    inner join closes on asked.asked_on >= closes.as_of_on
    group by asked.asked_on
)

select distinct
    closes.months_back,
    closes.as_of_on,
    closes.cut_on,
    closes.window_start_on
from closes
left join placed on closes.months_back = placed.months_back
where closes.months_back = 0 or placed.months_back is not null
