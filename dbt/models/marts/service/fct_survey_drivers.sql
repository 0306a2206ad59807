with

answers as (
    select * from {{ ref('int_survey_answers_prepared') }}
    where
        instrument = 'csat'
        and is_answered_in_window
        and scale_max is not null
),

-- A topic is held against overall as the same person answered both on the same invite.
pairs as (
    select
        topics.topic,
        cast(topics.score as double) / cast(topics.scale_max as double) as topic_score,
        cast(overall.score as double) / cast(overall.scale_max as double) as overall_score,
        case when topics.score >= topics.scale_max - 1 then 1.0 else 0.0 end as topic_top2,
        case when overall.score >= overall.scale_max - 1 then 1.0 else 0.0 end as overall_top2
    from answers as topics
    inner join answers as overall
        on
            topics.invite_id = overall.invite_id
            and overall.topic = 'overall'
    where topics.topic != 'overall'
),

measured as (
    select
        topic,
        count(*) as pairs,
        -- Without spread there is no correlation.
        case
            when stddev_samp(topic_score) > 0 and stddev_samp(overall_score) > 0 then corr(topic_score, overall_score)
        end as correlation,
        avg(topic_top2) as topic_top2,
        avg(overall_top2) as overall_top2,
        avg(overall_top2 - topic_top2) as gap,
        1.959964 * stddev_samp(overall_top2 - topic_top2) / sqrt(count(*)) as gap_half_width
    from pairs
    group by topic
),

bounded as (
    select
        *,
        -- Fisher's z: arctanh(r) is nearly normal with variance 1 / (n - 3); written with ln, which every engine has.
        case when pairs > 3 and abs(correlation) < 1 then 0.5 * ln((1 + correlation) / (1 - correlation)) end as z,
        case when pairs > 3 then 1.959964 / sqrt(pairs - 3) end as z_half_width,
        row_number() over (
            order by case when gap > 0 then 0 else 1 end asc, correlation desc nulls last, topic asc
        ) as driver_rank
    from measured
)

select
    topic,
    cast(pairs as integer) as pairs,
    {{ steady('correlation') }} as correlation,
    {{ steady('(exp(2 * (z - z_half_width)) - 1) / (exp(2 * (z - z_half_width)) + 1)') }} as correlation_ci_low,
    {{ steady('(exp(2 * (z + z_half_width)) - 1) / (exp(2 * (z + z_half_width)) + 1)') }} as correlation_ci_high,
    {{ steady('topic_top2') }} as topic_top2,
    {{ steady('overall_top2') }} as overall_top2,
    {{ steady('gap') }} as gap,
    {{ steady('gap - gap_half_width') }} as gap_ci_low,
    {{ steady('gap + gap_half_width') }} as gap_ci_high,
    gap > 0 as is_below_overall,
    cast(driver_rank as integer) as driver_rank
from bounded
