{% set keys = ['period_type', 'period_start_on', 'instrument', 'topic', 'method'] %}
with

current_run as (
    select * from {{ ref('int_runs_prepared') }}
    where run = 'current'
),

responses as (
    select
        responses.*,
        current_run.window_start_on,
        current_run.cut_on
    from {{ ref('int_survey_answers_prepared') }} as responses
    cross join current_run
    where responses.instrument is not null
),

-- Every invite and every answer once under its own method and once under all of them.
cut_by as (
    select
        responses.*,
        coalesce(responses.method, 'unknown') as cut_method
    from responses
    union all
    select
        responses.*,
        'all' as cut_method
    from responses
),

invites as (
    select
        'window' as period_type,
        cut_by.window_start_on as period_start_on,
        cut_by.*
    from cut_by
    where cut_by.is_invited
    union all
    select
        'quarter' as period_type,
        cast({{ dbt.date_trunc('quarter', 'cut_by.invited_on') }} as date) as period_start_on,
        cut_by.*
    from cut_by
),

invited as (
    select
        period_type,
        period_start_on,
        instrument,
        topic,
        cut_method as method,
        count(distinct invite_id) as invited,
        count(distinct case when is_answered then invite_id end) as invited_answered
    from invites
    group by
        period_type,
        period_start_on,
        instrument,
        topic,
        cut_method
),

answers as (
    select
        'window' as period_type,
        cut_by.window_start_on as period_start_on,
        cut_by.*
    from cut_by
    where cut_by.is_answered_in_window
    union all
    select
        'quarter' as period_type,
        cast({{ dbt.date_trunc('quarter', 'cut_by.responded_on') }} as date) as period_start_on,
        cut_by.*
    from cut_by
    where cut_by.is_answered
),

-- The last answer of a period speaks for a customer in it.
numbered as (
    select
        *,
        row_number() over (
            partition by
                period_type,
                period_start_on,
                instrument,
                topic,
                cut_method,
                coalesce(customer_id, response_id)
            order by responded_at desc, response_id desc
        ) as answer_number
    from answers
),

last_answers as (
    select * from numbered
    where answer_number = 1
),

scored as (
    select
        period_type,
        period_start_on,
        instrument,
        topic,
        cut_method as method,
        count(*) as answers,
        avg(cast(score as double)) as score_mean,
        stddev_samp(cast(score as double)) as score_deviation,
        sum(case when instrument = 'csat' and scale_max is not null then 1 else 0 end) as top2_answers,
        sum(case when instrument = 'csat' and score >= scale_max - 1 then 1 else 0 end) as top2,
        sum(case when instrument = 'nps' and score >= 9 then 1 else 0 end) as promoters,
        sum(case when instrument = 'nps' and score > 6 and score < 9 then 1 else 0 end) as passives,
        sum(case when instrument = 'nps' and score <= 6 then 1 else 0 end) as detractors
    from last_answers
    group by
        period_type,
        period_start_on,
        instrument,
        topic,
        cut_method
),

listed as (
    select {{ keys | join(', ') }} from invited
    union
    select {{ keys | join(', ') }} from scored
),

joined as (
    select
        {% for key in keys %}
        listed.{{ key }},
        {% endfor %}
        listed.period_type = 'quarter'
        and {{ add_months('listed.period_start_on', 3) }} > current_run.cut_on as is_partial,
        coalesce(invited.invited, 0) as invited,
        coalesce(invited.invited_answered, 0) as invited_answered,
        coalesce(scored.answers, 0) as answers,
        scored.score_mean,
        1.959964 * scored.score_deviation / sqrt(nullif(scored.answers, 0)) as score_half_width,
        scored.top2_answers,
        scored.top2,
        scored.promoters,
        scored.passives,
        scored.detractors,
        (scored.promoters - scored.detractors) / nullif(cast(scored.answers as double), 0) as nps,
        -- The spread of +1, 0 and -1 over the answers, in its sample form.
        1.959964 * sqrt(
            (
                cast(scored.promoters + scored.detractors as double) / nullif(scored.answers, 0)
                - power((scored.promoters - scored.detractors) / nullif(cast(scored.answers as double), 0), 2)
            ) / nullif(scored.answers - 1, 0)
        ) as nps_half_width
    from listed
    cross join current_run
    left join invited
        on
            {% for key in keys %}
            {{ 'and ' if not loop.first }}listed.{{ key }} = invited.{{ key }}
            {% endfor %}
    left join scored
        on
            {% for key in keys %}
            {{ 'and ' if not loop.first }}listed.{{ key }} = scored.{{ key }}
            {% endfor %}
)

select
    {{ keys | join(',\n    ') }},
    is_partial,
    cast(invited as integer) as invited,
    cast(invited_answered as integer) as invited_answered,
    {{ steady('invited_answered / nullif(cast(invited as double), 0)') }} as response_rate,
    cast(answers as integer) as answers,
    {{ steady('score_mean') }} as score_mean,
    {{ steady('score_mean - score_half_width') }} as score_mean_ci_low,
    {{ steady('score_mean + score_half_width') }} as score_mean_ci_high,
    cast(case when instrument = 'csat' then top2_answers end as integer) as top2_answers,
    cast(case when instrument = 'csat' then top2 end as integer) as top2,
    {{ steady("case when instrument = 'csat' then top2 / nullif(cast(top2_answers as double), 0) end") }} as top2_share,
    {{ steady("case when instrument = 'csat' then " ~ wilson_bound('top2', 'top2_answers', 'low') ~ " end") }}
        as top2_share_ci_low,
    {{ steady("case when instrument = 'csat' then " ~ wilson_bound('top2', 'top2_answers', 'high') ~ " end") }}
        as top2_share_ci_high,
    cast(case when instrument = 'nps' then promoters end as integer) as promoters,
    cast(case when instrument = 'nps' then passives end as integer) as passives,
    cast(case when instrument = 'nps' then detractors end as integer) as detractors,
    {{ steady("case when instrument = 'nps' then nps end") }} as nps,
    {{ steady(
        "case when instrument = 'nps' and nps is not null and nps_half_width is not null"
        ~ " then greatest(nps - nps_half_width, -1) end"
    ) }} as nps_ci_low,
    {{ steady(
        "case when instrument = 'nps' and nps is not null and nps_half_width is not null"
        ~ " then least(nps + nps_half_width, 1) end"
    ) }} as nps_ci_high
from joined
