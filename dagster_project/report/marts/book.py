"""Tables of the book: segments, stages, what changed the revenue, what is booked, what else customers would buy."""

from __future__ import annotations

from dagster_project.report.marts.mart import Mart

MARTS = (
    Mart(
        "customer.fct_segments",
        "segmentation",
        "segmentation segment",
        "segmentation:label segment:label/segment customers:people customer_share:share<customers"
        " customers_active:people revenue_net_12m:money<customers_active revenue_share:share<customers_active"
        " revenue_net_prior_12m:money<customers margin_net_12m:money<customers_active stayed:people"
        " customers_touched_12m:people care_cost_12m:money<customers_touched_12m",
        within="segmentation",
        like_mix=";".join(
            f"{cut} segment customers=customers customers_active=customers_active revenue_net_12m=revenue_net_12m"
            " revenue_share=revenue_share margin_net_12m=margin_net_12m"
            for cut in ("rfm_segment", "value_tier")
        ),
        select="""
        select
            segmentation, segment,
            cast(sum(customers) as integer) as customers,
            sum(customers) / cast(sum(sum(customers)) over (partition by segmentation) as double) as customer_share,
            cast(sum(customers_active) as integer) as customers_active,
            sum(revenue_net_12m) as revenue_net_12m,
            cast(sum(revenue_net_12m) as double)
                / nullif(cast(sum(sum(revenue_net_12m)) over (partition by segmentation) as double), 0)
                as revenue_share,
            sum(revenue_net_prior_12m) as revenue_net_prior_12m,
            sum(margin_net_12m) as margin_net_12m,
            cast(sum(customers) filter (where has_stayed) as integer) as stayed,
            cast(sum(customers_touched_12m) as integer) as customers_touched_12m,
            sum(care_cost_12m) as care_cost_12m
        from customer.fct_segments
        group by segmentation, segment
        """,
    ),
    # A field of the map is a cell of a table both of whose margins may be known: fifths of the book, numbers of orders.
    Mart(
        "customer.dim_customers",
        "segmentation",
        "recency_score frequency_score",
        "recency_score:count! last_orders:text frequency_score:count! orders_each:text customers:people"
        " revenue_net:money<customers revenue_per_customer:money<customers",
        within="recency_score; frequency_score",
        name="rfm_map",
        select="""
        with
        placed as (
            select
                *,
                min(last_order_on) over (partition by recency_score) as first_on,
                max(last_order_on) over (partition by recency_score) as last_on,
                min(order_count) over (partition by frequency_score) as fewest,
                max(order_count) over (partition by frequency_score) as most,
                min(recency_score) over () as oldest,
                max(recency_score) over () as newest,
                max(frequency_score) over () as busiest
            from customer.dim_customers
            where is_customer and recency_score is not null
        )
        select
            recency_score, frequency_score,
            case recency_score when oldest then '' else strftime(first_on, '%Y-%m ') end
                || '–' || case recency_score when newest then '' else strftime(last_on, ' %Y-%m') end as last_orders,
            cast(fewest as varchar) || case
                when frequency_score = busiest then '+'
                when most > fewest then '–' || cast(most as varchar)
                else ''
            end as orders_each,
            cast(count(*) as integer) as customers,
            sum(revenue_net) as revenue_net,
            round(sum(revenue_net) / count(*), 2) as revenue_per_customer
        from placed
        group by all
        """,
    ),
    Mart(
        "customer.fct_category_affinity",
        "segmentation",
        "segmentation segment category",
        "segmentation:label segment:label/segment category:label/category customers:people buyers:people"
        " penetration:share<buyers lift:ratio<buyers revenue_net_12m:money<buyers_12m"
        " margin_net_12m:money<buyers_12m whitespace_customers:people whitespace_revenue:money<whitespace_customers"
        " whitespace_margin:money<whitespace_customers",
        within="segmentation category",
        unseen="buyers_12m",
        select="""
        select * from customer.fct_category_affinity
        where segmentation in ('all', 'customer_type', 'value_tier')
        """,
    ),
    Mart(
        "customer.fct_lifecycle_transitions",
        "value",
        "from_stage to_stage",
        "from_stage:label/lifecycle to_stage:label/lifecycle customers:people share:share<customers"
        " months_in_from_stage:score<customers",
        within="from_stage",
        select="select * from customer.fct_lifecycle_transitions where period_type = 'year' and months_back = 0",
    ),
    # Steps of the whole book over a year; how many customers stand behind each is in the census and the mix.
    Mart(
        "customer.fct_price_volume_mix",
        "structure",
        "bridge",
        "bridge:label revenue_from:money! price:money! volume:money! mix:money! new:money! returned:money! lost:money!"
        " unknown_customer:money! unsplit:money! revenue_to:money!",
        select="""
        select
            bridge,
            max(revenue_from) as revenue_from,
            sum(amount) filter (where component = 'price') as price,
            sum(amount) filter (where component = 'volume') as volume,
            sum(amount) filter (where component = 'mix') as mix,
            sum(amount) filter (where component = 'new') as new,
            sum(amount) filter (where component = 'returned') as returned,
            sum(amount) filter (where component = 'lost') as lost,
            sum(amount) filter (where component = 'unknown_customer') as unknown_customer,
            sum(amount) filter (where component = 'unsplit') as unsplit,
            max(revenue_to) as revenue_to
        from customer.fct_price_volume_mix
        where years_back = 0
        group by bridge
        """,
    ),
    Mart(
        "customer.fct_backlog",
        "value",
        "event_period standing deposits_basis",
        "standing:label/backlog event_period:label/word deposits_basis:label customers:people orders:count<customers"
        " order_value:money<customers undelivered_value:money<customers money_taken:money<customers"
        " deposits_liability:money<customers still_to_collect:money<customers",
    ),
    Mart(
        "customer.fct_actions",
        "strategy",
        "action rule",
        "action:label rule:label/action_rule customers:people value_at_stake:money<customers"
        " expected_value:money<customers",
        select="""
        select
            action, rule,
            cast(count(distinct customer_id) as integer) as customers,
            sum(value_at_stake) as value_at_stake,
            sum(expected_value) as expected_value
        from customer.fct_actions
        group by action, rule
        """,
    ),
)
SELLER = (
    Mart(
        "customer.fct_actions",
        None,
        "expected_value desc nulls last, customer_id, action, rule",
        "customer_id:code action:label rule:label/action_rule reason:bilingual/reason,reason_zh category:text"
        " due_on:date lifecycle_stage:label/lifecycle value_tier:text value_at_stake:money! chance:share!"
        " expected_value:money!",
    ),
    Mart(
        "customer.fct_top_customers",
        None,
        "rank, group_customer_id",
        "group_customer_id:code rank:count! customer_type:label/customer_type industry:text region:text"
        " revenue_net_12m:money! revenue_net_prior_12m:money! revenue_net_two_years_ago:money! margin_net_12m:money!"
        " revenue_share:share! live_annual_value:money! contract_last_end_on:date overdue_amount:money!",
    ),
    Mart(
        "customer.fct_cases",
        None,
        "case_scope, case_kind, rank, case_id",
        "case_id:code case_kind:label reason:bilingual/reason,reason_zh customer_id:code"
        " lifecycle_stage:label/lifecycle value_tier:text first_order_on:date last_order_on:date order_count:count!"
        " revenue_net:money! margin_net:money! complaints:count! customers_referred:count! lost_reason:text"
        " subject:text assessed_on:date forecast_value:figure! result_value:figure!",
    ),
)
