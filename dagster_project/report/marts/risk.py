"""Tables of what the revenue hangs on."""

from __future__ import annotations

from dagster_project.report.marts.mart import Mart

MARTS = (
    Mart(
        "risk.fct_concentration",
        "risk",
        "cut run",
        "cut:label run:label buckets:count! revenue:money! effective_number:ratio! top1_share:share! top5_share:share!"
        " top10_share:share! unknown_share:share!",
    ),
    Mart(
        "risk.fct_receivables_ageing",
        "risk",
        "bucket_position",
        "bucket:label/ageing customers:people invoices:count<customers open_amount:money<customers"
        " disputed_amount:money<customers expected_loss:money<customers written_off_amount:money<customers",
        select="""
        select
            bucket, bucket_position,
            cast(count(distinct customer_id) as integer) as customers,
            cast(sum(invoices) as integer) as invoices,
            sum(open_amount) as open_amount,
            sum(disputed_amount) as disputed_amount,
            sum(expected_loss) as expected_loss,
            sum(written_off_amount) as written_off_amount
        from risk.fct_receivables_ageing
        where months_back = 0
        group by bucket, bucket_position
        """,
    ),
    Mart(
        "risk.fct_contract_ladder",
        "risk",
        "ends change_of_control_clause",
        "ends:label change_of_control_clause:label/clause contracts:people annual_value:money<contracts"
        " annual_value_in_effect:money<contracts value_to_run:money<contracts",
        select="""
        select
            coalesce(cast(ends_year as varchar), 'open_ended') as ends,
            change_of_control_clause,
            cast(sum(contracts) as integer) as contracts,
            sum(annual_value) as annual_value,
            sum(annual_value_in_effect) as annual_value_in_effect,
            sum(value_to_run) as value_to_run
        from risk.fct_contract_ladder
        group by 1, 2
        """,
    ),
    Mart(
        "risk.fct_legal_exposure",
        "risk",
        "kind is_open",
        "kind:label/legal_kind is_open:flag customers:people events:count<customers amount:money<customers"
        " customer_revenue_net_12m:money<customers",
        select="""
        select
            kind, is_open,
            cast(count(distinct customer_id) as integer) as customers,
            cast(count(*) as integer) as events,
            sum(amount) as amount,
            sum(customer_revenue_net_12m) as customer_revenue_net_12m
        from risk.fct_legal_exposure
        group by kind, is_open
        """,
    ),
    # A row of the table is a member of the staff.
    Mart(
        "risk.fct_key_people",
        "relationship",
        "standing",
        "standing:label holders:count! customers_active:people customers_orphaned:people"
        " revenue_net_12m:money<customers_active revenue_share:share<customers_active"
        " margin_net_12m:money<customers_active margin_share:share<customers_active",
        select="""
        select
            standing,
            cast(count(*) as integer) as holders,
            cast(sum(customers_active) as integer) as customers_active,
            cast(sum(customers_orphaned) as integer) as customers_orphaned,
            sum(revenue_net_12m) as revenue_net_12m,
            cast(sum(revenue_net_12m) as double) / nullif(cast(sum(sum(revenue_net_12m)) over () as double), 0)
                as revenue_share,
            sum(margin_net_12m) as margin_net_12m,
            cast(sum(margin_net_12m) as double) / nullif(cast(sum(sum(margin_net_12m)) over () as double), 0)
                as margin_share
        from risk.fct_key_people
        group by standing
        """,
    ),
    Mart(
        "risk.fct_market_exposure",
        "market",
        "kind industry",
        "kind:label/market_kind industry:label/word customers_active:people revenue_net_12m:money<customers_active"
        " revenue_share:share<customers_active own_growth:share<customers_active reference_growth:share!"
        " growth_gap:share<customers_active is_shrinking:flag market_size:money!",
        within="kind",
        like_mix="industry industry customers_active=customers_active",
    ),
)
