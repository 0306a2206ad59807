-- Market and trend; growth and trend of demand come resampled from int_indicators_ratios.
with

current_run as (
    select * from {{ ref('int_runs_prepared') }}
    where run = 'current'
),

months as (
    select
        month_on,
        sum(orders) as orders
    from {{ ref('int_customer_months_aggregated') }}
    group by month_on
),

reach as (
    select min(month_on) as first_month_on
    from months
    where orders > 0
),

numbers as (
    {{ number_rows(3) }}
),

-- The last three blocks of twelve full calendar months; a block counts if the book had begun by its first month.
blocks as (
    select
        numbers.n as block,
        {{ add_months(month_of('current_run.cut_on'), '-12 * numbers.n') }} as starts_on,
        {{ add_months(month_of('current_run.cut_on'), '-12 * (numbers.n - 1)') }} as ends_before_on
    from current_run
    cross join numbers
    cross join reach
    where {{ add_months(month_of('current_run.cut_on'), '-12 * numbers.n') }} >= reach.first_month_on
),

years as (
    select count(*) as years from blocks
),

-- Each month over the mean month of its block: growth from block to block drops out.
indexed as (
    select
        blocks.block,
        extract(month from months.month_on) as calendar_month,
        months.orders / nullif(
            sum(months.orders) over (partition by blocks.block) / 12.0, 0
        ) as month_index
    from blocks
    inner join months on blocks.starts_on <= months.month_on and blocks.ends_before_on > months.month_on
),

seasons as (
    select
        indexed.calendar_month,
        sum(indexed.month_index) / max(years.years) as season_index,
        12 * max(years.years) as months
    from indexed
    cross join years
    group by indexed.calendar_month
),

mixes as (
    select
        coalesce(category, 'unknown') as category,
        sum(case when run = 'current' and revenue > 0 then cast(revenue as double) else 0 end)
        / nullif(sum(sum(case when run = 'current' and revenue > 0 then cast(revenue as double) else 0 end)) over (), 0)
            as share,
        sum(case when run = 'prior' and revenue > 0 then cast(revenue as double) else 0 end)
        / nullif(sum(sum(case when run = 'prior' and revenue > 0 then cast(revenue as double) else 0 end)) over (), 0)
            as share_prior,
        sum(lines) as lines
    from {{ ref('int_line_cuts_aggregated') }}
    group by coalesce(category, 'unknown')
),

-- Jensen-Shannon divergence to base 2: 0 is the same mix, 1 is nothing in common.
divergences as (
    select
        category,
        lines,
        share,
        share_prior,
        case when share > 0 then 0.5 * share * ln(2 * share / (share + share_prior)) / ln(2.0) else 0 end
        + case
            when share_prior > 0 then 0.5 * share_prior * ln(2 * share_prior / (share + share_prior)) / ln(2.0)
            else 0
        end as divergence
    from mixes
    where share is not null and share_prior is not null
),

feedback as (
    select
        tickets.kind,
        count(*) as tickets
    from {{ ref('stg_crm__tickets') }} as tickets
    cross join current_run
    left join {{ ref('int_customers_resolved') }} as resolved on tickets.customer_id = resolved.customer_id
    where
        tickets.removed_on is null
        and not coalesce(resolved.is_test, false)
        and tickets.kind in ('suggestion', 'inquiry')
        and tickets.opened_on >= current_run.window_start_on
        and tickets.opened_on < current_run.cut_on
    group by tickets.kind
),

heard as (
    select count(*) as tickets
    from {{ ref('stg_crm__tickets') }} as tickets
    cross join current_run
    where tickets.removed_on is null and tickets.opened_on < current_run.cut_on
),

answers as (
    select
        count(*) as opened,
        sum(case when improvements.done_on < current_run.cut_on then 1 else 0 end) as done
    from {{ ref('stg_crm__improvements') }} as improvements
    cross join current_run
    where
        improvements.removed_on is null
        and improvements.source in ('market', 'suggestion')
        and improvements.opened_on >= {{ add_months('current_run.cut_on', -36) }}
        and improvements.opened_on < current_run.cut_on
),

-- The last six months against the same six a year before.
half_years as (
    select
        'now' as half_year,
        {{ add_months('cut_on', -6) }} as starts_on,
        cut_on as ends_before_on
    from current_run
    union all
    select
        'year_before' as half_year,
        {{ add_months('cut_on', -18) }} as starts_on,
        {{ add_months('cut_on', -12) }} as ends_before_on
    from current_run
),

leads as (
    select
        prepared.created_on,
        prepared.converted_on,
        prepared.lost_on,
        case when staged.quoted_on < current_run.cut_on then staged.quoted_on end as quoted_on
    from {{ ref('int_leads_prepared') }} as prepared
    cross join current_run
    inner join {{ ref('stg_crm__leads') }} as staged on prepared.lead_id = staged.lead_id
),

counted as (
    {% for measure, column_name in [('leads', 'created_on'), ('quotes', 'quoted_on'), ('won', 'converted_on'),
        ('lost', 'lost_on')] %}
    select
        '{{ measure }}' as measure,
        half_years.half_year,
        count(*) as events
    from half_years
    inner join leads
        on
            leads.{{ column_name }} >= half_years.starts_on
            and leads.{{ column_name }} < half_years.ends_before_on
    group by half_years.half_year
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

signals as (
    select
        {% for measure in ['leads', 'quotes', 'won', 'lost'] %}
        {% for half_year in ['now', 'year_before'] %}
        cast(coalesce(sum(case when measure = '{{ measure }}' and half_year = '{{ half_year }}' then events end), 0)
            as double) as {{ measure }}_{{ half_year }}{{ ',' if not (loop.last and measure == 'lost') }}
        {% endfor %}
        {% endfor %}
    from counted
),

changes as (
    select
        'leads' as measure,
        leads_now / nullif(leads_year_before, 0) - 1 as change,
        leads_year_before as n,
        sqrt(1 / nullif(leads_now, 0) + 1 / nullif(leads_year_before, 0)) as log_error
    from signals
    union all
    select
        'quotes' as measure,
        quotes_now / nullif(quotes_year_before, 0) - 1 as change,
        quotes_year_before as n,
        sqrt(1 / nullif(quotes_now, 0) + 1 / nullif(quotes_year_before, 0)) as log_error
    from signals
    union all
    select
        'win_rate' as measure,
        won_now / nullif(won_now + lost_now, 0)
        / nullif(won_year_before / nullif(won_year_before + lost_year_before, 0), 0) - 1 as change,
        won_year_before + lost_year_before as n,
        sqrt(
            1 / nullif(won_now, 0) - 1 / nullif(won_now + lost_now, 0)
            + 1 / nullif(won_year_before, 0) - 1 / nullif(won_year_before + lost_year_before, 0)
        ) as log_error
    from signals
),

-- Counts err like Poisson, shares like binomial, and a ratio of two on the log scale.
ranked_changes as (
    select
        measure,
        change,
        n,
        (1 + change) * exp(-1.959964 * log_error) - 1 as ci_low,
        (1 + change) * exp(1.959964 * log_error) - 1 as ci_high,
        min(n) over () as least_n,
        row_number() over (order by change asc, measure asc) as place
    from changes
    where change is not null
),

measured as (
    select
        'seasonality' as indicator_code,
        '' as breakdown,
        '' as breakdown_value,
        max(season_index) as value,
        cast(null as double) as numerator,
        cast(null as double) as denominator,
        max(months) as n,
        cast(null as double) as ci_low,
        cast(null as double) as ci_high
    from seasons
    union all
    select
        'seasonality',
        'month',
        right('0' || cast(calendar_month as varchar), 2),
        season_index,
        null,
        null,
        months,
        null,
        null
    from seasons
    union all
    select
        'need_shift',
        '',
        '',
        case when sum(divergence) > 0 then sum(divergence) else 0 end,
        null,
        null,
        sum(lines),
        null,
        null
    from divergences
    having count(*) > 0
    union all
    select
        'need_shift',
        'category',
        category,
        share - share_prior,
        null,
        null,
        lines,
        null,
        null
    from divergences
    union all
    -- No suggestion among tickets that were kept is a zero; without any ticket nobody listened.
    select
        'market_feedback_volume',
        '',
        '',
        coalesce(sum(feedback.tickets), 0),
        null,
        null,
        max(heard.tickets),
        null,
        null
    from heard
    left join feedback on heard.tickets > 0
    where heard.tickets > 0
    union all
    select
        'market_feedback_volume',
        'kind',
        kind,
        tickets,
        null,
        null,
        tickets,
        null,
        null
    from feedback
    union all
    select
        'market_response',
        '',
        '',
        null,
        done,
        opened,
        opened,
        null,
        null
    from answers
    union all
    select
        'market_alert',
        '',
        '',
        change,
        null,
        null,
        least_n,
        ci_low,
        ci_high
    from ranked_changes
    where place = 1
    union all
    select
        'market_alert',
        'measure',
        measure,
        change,
        null,
        null,
        n,
        ci_low,
        ci_high
    from ranked_changes
)

select
    indicator_code,
    breakdown,
    breakdown_value,
    cast(value as double) as value,
    cast(numerator as double) as numerator,
    cast(denominator as double) as denominator,
    cast(n as bigint) as n,
    cast(ci_low as double) as ci_low,
    cast(ci_high as double) as ci_high
from measured
