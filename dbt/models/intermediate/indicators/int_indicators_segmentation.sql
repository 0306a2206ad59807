-- Segmentation and fit. Shares of money come from int_ratio_parts_segmentation.
with

current_run as (
    select * from {{ ref('int_runs_prepared') }}
    where run = 'current'
),

customers as (
    select * from {{ ref('dim_customers') }}
    where is_customer
),

segments as (
    select * from {{ ref('fct_segments') }}
),

segment_sizes as (
    select
        segmentation,
        segment,
        sum(customers) as customers,
        sum(case when segment_prior != 'none' then customers else 0 end) as customers_prior,
        sum(case when has_stayed then customers else 0 end) as stayed
    from segments
    where segment != 'none'
    group by
        segmentation,
        segment
),

left_from as (
    select
        segmentation,
        segment_prior,
        sum(customers) as customers,
        sum(case when has_stayed then customers else 0 end) as stayed
    from segments
    where segment_prior != 'none'
    group by
        segmentation,
        segment_prior
),

-- How far apart the segments are: the part of the variance of recency, frequency and money that lies between them.
measured_customers as (
    select
        rfm_segment,
        {% for measure, expression in [
            ('recency', 'recency_days'),
            ('frequency', 'order_count'),
            ('monetary', 'ln(case when revenue_net > 1 then revenue_net else 1 end)'),
        ] %}
        cast({{ expression }} as double) as {{ measure }}{% if not loop.last %},{% endif %}
        {% endfor %}
    from {{ ref('int_customers_segmented') }}
    where run = 'current'
),

segment_means as (
    select
        rfm_segment,
        count(*) as customers,
        {% for measure in ['recency', 'frequency', 'monetary'] %}
        avg({{ measure }}) as {{ measure }}{% if not loop.last %},{% endif %}
        {% endfor %}
    from measured_customers
    group by rfm_segment
),

book_means as (
    select
        count(*) as customers,
        {% for measure in ['recency', 'frequency', 'monetary'] %}
        avg({{ measure }}) as {{ measure }},
        var_pop({{ measure }}) as {{ measure }}_variance{% if not loop.last %},{% endif %}
        {% endfor %}
    from measured_customers
),

separations as (
    {% for measure in ['recency', 'frequency', 'monetary'] %}
    select
        '{{ measure }}' as measure,
        sum(segment_means.customers * power(segment_means.{{ measure }} - book_means.{{ measure }}, 2))
        / max(book_means.customers) / nullif(max(book_means.{{ measure }}_variance), 0) as separation,
        max(book_means.customers) as customers
    from segment_means
    cross join book_means
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

-- A share of variance is one less a quotient of two means, so that what each customer does to it is known, and with
-- that the error of the mean of the three.
separation_errors as (
    select sqrt(avg(power(influence, 2)) / nullif(count(*), 0)) as standard_error
    from (
        select
            (
                {% for measure in ['recency', 'frequency', 'monetary'] %}
                coalesce(
                    (
                        (1 - {{ measure }}_part.separation)
                        * power(measured_customers.{{ measure }} - book_means.{{ measure }}, 2)
                        - power(measured_customers.{{ measure }} - segment_means.{{ measure }}, 2)
                    ) / book_means.{{ measure }}_variance,
                    0
                ){% if not loop.last %} +{% endif %}
                {% endfor %}
            ) / nullif(separated.measures, 0) as influence
        from measured_customers
        inner join segment_means on measured_customers.rfm_segment = segment_means.rfm_segment
        cross join book_means
        cross join (select count(separation) as measures from separations) as separated
        {% for measure in ['recency', 'frequency', 'monetary'] %}
        left join separations as {{ measure }}_part on {{ measure }}_part.measure = '{{ measure }}'
        {% endfor %}
    ) as influences
),

-- A need of the customer, or of the lead the customer came from.
needs as (
    select coalesce(resolved_customers.resolved_customer_id, needs.customer_id, leads.customer_id) as customer_id
    from {{ ref('stg_crm__needs') }} as needs
    cross join current_run
    left join {{ ref('int_leads_prepared') }} as leads on needs.lead_id = leads.lead_id
    left join {{ ref('int_customers_resolved') }} as resolved_customers
        on needs.customer_id = resolved_customers.customer_id
    where
        needs.removed_on is null
        and needs.recorded_on < current_run.cut_on
    group by coalesce(resolved_customers.resolved_customer_id, needs.customer_id, leads.customer_id)
),

captured as (
    select
        count(*) as customers,
        sum(case when needs.customer_id is not null then 1 else 0 end) as captured
    from customers
    left join needs on customers.customer_id = needs.customer_id
    where customers.is_active
),

-- Leads decided in the window, of those an offer was made to: one that never got that far was not lost in competition.
decided as (
    select
        leads.lead_id,
        records.product_id,
        coalesce(products.category, 'unknown') as category,
        coalesce(records.owner_staff_id, 'unknown') as owner,
        coalesce(leads.is_tender, false) as is_tender,
        leads.lost_to_competitor,
        leads.converted_on >= current_run.window_start_on as is_won,
        records.quoted_on is not null as is_quoted
    from {{ ref('int_leads_prepared') }} as leads
    cross join current_run
    inner join {{ ref('stg_crm__leads') }} as records on leads.lead_id = records.lead_id
    left join {{ ref('stg_crm__products') }} as products
        on records.product_id = products.product_id and products.removed_on is null
    where
        (leads.converted_on is not null and leads.converted_on >= current_run.window_start_on)
        or (
            leads.converted_on is null
            and leads.lost_on is not null
            and leads.lost_on >= current_run.window_start_on
        )
),

quoted_inputs as (
    select count(*) > 0 as is_delivered
    from {{ source('evidence', 'inputs') }}
    where entity = 'leads' and column_name = 'quoted_at' and delivered and non_null_count > 0
),

offered as (
    select
        decided.*,
        coalesce(decided.is_won, false) as has_won
    from decided
    cross join quoted_inputs
    where decided.is_quoted or not quoted_inputs.is_delivered or coalesce(decided.is_won, false)
),

lost_leads as (
    select
        *,
        count(*) over () as all_lost
    from decided
    where not coalesce(is_won, false)
),

-- The last share known of each competitor.
competitors as (
    select
        competitors.name,
        competitors.market_share,
        coalesce(competitors.price_level, 'unknown') as price_level,
        row_number() over (partition by competitors.name order by competitors.as_of desc) as newest
    from {{ ref('stg_crm__competitors') }} as competitors
    cross join current_run
    where
        competitors.removed_on is null
        and competitors.as_of < current_run.cut_on
        and competitors.market_share is not null
),

own_share as (
    select cast(revenue_net as double) / market_size as market_share
    from {{ ref('int_market_shares_measured') }}
    where is_headline
),

-- Touches by people per active customer of each tier.
care as (
    select
        customers.value_tier,
        count(*) as customers,
        sum(coalesce(care.touches_12m, 0)) as touches,
        -- Of the mean, as a share of it.
        var_samp(cast(coalesce(care.touches_12m, 0) as double))
        / count(*) / nullif(power(avg(cast(coalesce(care.touches_12m, 0) as double)), 2), 0) as relative_variance
    from customers
    left join {{ ref('int_customer_care_aggregated') }} as care on customers.customer_id = care.customer_id
    where customers.is_active and customers.value_tier is not null
    group by customers.value_tier
),

-- A quotient of two means errs on the log scale by the sum of what each errs.
tiers_compared as (
    select
        {% for tier in ['A', 'C'] %}
        max(case when value_tier = '{{ tier }}' then touches / cast(customers as double) end)
            as mean_of_{{ tier | lower }},
        {% endfor %}
        sqrt(
            max(case when value_tier = 'A' then relative_variance end)
            + max(case when value_tier = 'C' then relative_variance end)
        ) as log_error,
        sum(customers) as customers
    from care
),

tiers_prior as (
    select
        customer_id,
        value_tier
    from {{ ref('int_customers_segmented') }}
    where run = 'prior'
),

active_prior as (
    select customer_id
    from {{ ref('int_customer_states_classified') }}
    where run = 'prior' and is_active
),

retained as (
    select
        tiers_prior.value_tier,
        count(*) as customers,
        sum(case when customers.is_active then 1 else 0 end) as retained
    from tiers_prior
    inner join active_prior on tiers_prior.customer_id = active_prior.customer_id
    inner join customers on tiers_prior.customer_id = customers.customer_id
    group by tiers_prior.value_tier
),

-- What customers of partners buy: an order's partner, or the customer's.
partner_categories as (
    select
        categories.category,
        sum(case when customers.partner_id is not null then categories.revenue_net_12m else 0 end) as partner_revenue,
        sum(categories.revenue_net_12m) as revenue,
        count(case when customers.partner_id is not null then 1 end) as customers
    from {{ ref('int_customer_categories_aggregated') }} as categories
    inner join customers on categories.customer_id = customers.customer_id
    where categories.revenue_net_12m > 0
    group by categories.category
),

measured as (
    select
        'segment_count' as indicator_code,
        '' as breakdown,
        '' as breakdown_value,
        cast(count(*) as double) as value,
        cast(null as double) as numerator,
        cast(null as double) as denominator,
        sum(customers) as n,
        cast(null as double) as ci_low,
        cast(null as double) as ci_high
    from segment_sizes
    where segmentation = 'rfm_segment'
    union all
    select
        'segment_count',
        'measure',
        'effective_number',
        1 / nullif(sum(power(customers / cast(all_customers as double), 2)), 0),
        null,
        null,
        max(all_customers),
        null,
        null
    from (
        select
            customers,
            sum(customers) over () as all_customers
        from segment_sizes
        where segmentation = 'rfm_segment'
    ) as sized
    union all
    select
        'segment_separation',
        '',
        '',
        avg(separations.separation),
        null,
        null,
        max(separations.customers),
        case
            when avg(separations.separation) - 1.959964 * max(separation_errors.standard_error) < 0 then 0
            else avg(separations.separation) - 1.959964 * max(separation_errors.standard_error)
        end,
        case
            when avg(separations.separation) + 1.959964 * max(separation_errors.standard_error) > 1 then 1
            else avg(separations.separation) + 1.959964 * max(separation_errors.standard_error)
        end
    from separations
    cross join separation_errors
    union all
    select
        'segment_separation',
        'measure',
        measure,
        separation,
        null,
        null,
        customers,
        null,
        null
    from separations
    union all
    select
        'segment_stability',
        '',
        '',
        null,
        sum(stayed),
        sum(customers),
        sum(customers),
        null,
        null
    from left_from
    where segmentation = 'value_tier'
    union all
    select
        'segment_stability',
        segmentation,
        segment_prior,
        null,
        stayed,
        customers,
        customers,
        null,
        null
    from left_from
    union all
    select
        'needs_captured',
        '',
        '',
        null,
        captured,
        customers,
        customers,
        null,
        null
    from captured
    union all
    select
        'competitor_loss_share',
        '',
        '',
        null,
        count(lost_to_competitor),
        count(*),
        count(*),
        null,
        null
    from lost_leads
    union all
    select
        'competitor_loss_share',
        'competitor',
        lost_to_competitor,
        null,
        count(*),
        max(all_lost),
        max(all_lost),
        null,
        null
    from lost_leads
    where lost_to_competitor is not null
    group by lost_to_competitor
    {% for breakdown, expression in [
        ('', "''"),
        ('category', 'category'),
        ('owner', 'owner'),
        ('kind', "case when is_tender then 'tender' else 'direct' end"),
    ] %}
    union all
    select
        'win_rate',
        '{{ breakdown }}',
        {{ expression }},
        null,
        sum(case when has_won then 1 else 0 end),
        count(*),
        count(*),
        null,
        null
    from offered
    group by {{ expression }}
    {% endfor %}
    union all
    select
        'competitor_position',
        '',
        '',
        max(own_share.market_share) / nullif(max(competitors.market_share), 0),
        max(own_share.market_share),
        max(competitors.market_share),
        count(*),
        null,
        null
    from competitors
    cross join own_share
    where competitors.newest = 1
    union all
    select
        'competitor_position',
        'competitor',
        competitors.name,
        own_share.market_share / nullif(competitors.market_share, 0),
        own_share.market_share,
        competitors.market_share,
        1,
        null,
        null
    from competitors
    cross join own_share
    where competitors.newest = 1
    union all
    select
        'competitor_position',
        'price_level',
        price_level,
        sum(market_share),
        null,
        null,
        count(*),
        null,
        null
    from competitors
    where newest = 1
    group by price_level
    union all
    select
        'tiering_in_use',
        '',
        '',
        mean_of_a / nullif(mean_of_c, 0),
        mean_of_a,
        mean_of_c,
        customers,
        mean_of_a / nullif(mean_of_c, 0) * exp(-1.959964 * log_error),
        mean_of_a / nullif(mean_of_c, 0) * exp(1.959964 * log_error)
    from tiers_compared
    union all
    select
        'tiering_in_use',
        'value_tier',
        value_tier,
        touches / cast(customers as double),
        touches,
        customers,
        customers,
        null,
        null
    from care
    union all
    select
        'integration_effect',
        'retention_by_tier',
        value_tier,
        retained / cast(customers as double),
        retained,
        customers,
        customers,
        {{ wilson_bound('retained', 'customers', 'low') }},
        {{ wilson_bound('retained', 'customers', 'high') }}
    from retained
    union all
    select
        'partner_opportunity',
        'category',
        category,
        partner_revenue / nullif(cast(revenue as double), 0),
        partner_revenue,
        revenue,
        customers,
        null,
        null
    from partner_categories
    where customers > 0
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
