"""Tables of time and loyalty: survival, repeat, deciles, recurring revenue, losses, referrals, the programme."""

from __future__ import annotations

from dagster_project.report.marts.mart import Mart

# Curves are shown by the quarter year: a step of one month may be the loss of one customer.
MARTS = (
    Mart(
        "cohort.fct_survival",
        "retention",
        "breakdown breakdown_value months_since",
        "breakdown:label breakdown_value:label/bucket months_since:count! at_risk:people survival:share<events"
        " survival_interval:pair/share,survival_ci_low,survival_ci_high<events",
        within="breakdown breakdown_value",
        unseen="events",
        select="""
        select
            breakdown, breakdown_value,
            cast(ceil(months_since / 3.0) * 3 as integer) as months_since,
            max(at_risk) as at_risk,
            cast(sum(events) as integer) as events,
            arg_max(survival, fct_survival.months_since) as survival,
            arg_max(survival_ci_low, fct_survival.months_since) as survival_ci_low,
            arg_max(survival_ci_high, fct_survival.months_since) as survival_ci_high
        from cohort.fct_survival
        group by 1, 2, 3
        """,
    ),
    Mart(
        "cohort.fct_repeat_curve",
        "loyalty",
        "order_number months_since",
        "order_number:label/order_number months_since:count! at_risk:people share_reached:share<reached"
        " reached_interval:pair/share,share_reached_ci_low,share_reached_ci_high<reached",
        within="order_number",
        unseen="reached",
        select="""
        select
            order_number,
            cast(ceil(months_since / 3.0) * 3 as integer) as months_since,
            max(at_risk) as at_risk,
            cast(sum(reached) as integer) as reached,
            arg_max(share_reached, fct_repeat_curve.months_since) as share_reached,
            arg_max(share_reached_ci_low, fct_repeat_curve.months_since) as share_reached_ci_low,
            arg_max(share_reached_ci_high, fct_repeat_curve.months_since) as share_reached_ci_high
        from cohort.fct_repeat_curve
        group by 1, 2
        """,
    ),
    # The highest and the lowest of a decile are single customers, so they stay in the marts.
    Mart(
        "cohort.fct_value_deciles",
        "value",
        "unit measure decile",
        "unit:label/decile_unit measure:label decile:count! units:people amount:money<units share:share<units"
        " cumulative_units_share:share<units cumulative_share:share<units",
        within="unit measure",
    ),
    Mart(
        "cohort.fct_period_comparison",
        "scale",
        "measure",
        "measure:label starts_on:date ends_on:date unit:label value:figure! prior_value:figure! change:figure!"
        " change_share:share!",
        select="""
        select
            *,
            case
                when measure in ('revenue_net', 'margin_net') then 'money'
                when measure = 'orders' then 'orders'
                else 'customers'
            end as unit
        from cohort.fct_period_comparison
        where period_type = 'window'
        """,
    ),
    Mart(
        "cohort.fct_recurring_revenue",
        "retention",
        "years_back",
        "years_back:count! period_end_on:date customers_opening:people customers_churned:people"
        " customers_closing:people opening:money<customers_opening new:money<customers_closing"
        " expansion:money<customers_closing contraction:money<customers_opening churn:money<customers_churned"
        " closing:money<customers_closing grr:share<customers_churned nrr:share<customers_churned",
        is_alone=True,
    ),
    Mart(
        "risk.fct_churn_warning",
        "retention",
        "is_at_risk reason",
        "is_at_risk:flag reason:label/churn_rule customers:people touched:people revenue_net_12m:money<customers"
        " margin_net_12m:money<customers",
        select="""
        select
            is_at_risk,
            coalesce(main_reason, 'none') as reason,
            cast(count(*) as integer) as customers,
            cast(count(*) filter (where is_touched_60d) as integer) as touched,
            sum(revenue_net_12m) as revenue_net_12m,
            sum(margin_net_12m) as margin_net_12m
        from risk.fct_churn_warning
        where run = 'current'
        group by 1, 2
        """,
    ),
    Mart(
        "risk.fct_churn_reasons",
        "retention",
        "place",
        "reason:label/churn_reason losses:people share:share<losses cumulative_share:share<losses contacted:people"
        " won_back:people to_competitor:people revenue_net_lost:money<losses margin_net_lost:money<losses",
        is_ranked=True,
        select="select * from risk.fct_churn_reasons where period = 'ever'",
    ),
    Mart(
        "customer.fct_referral_network",
        "loyalty",
        "depth referrer_tier referred_tier",
        "depth:count! referrer_tier:label/referral_tier referred_tier:label/referral_tier referred_customers:people"
        " referred_revenue_net:money<referred_customers",
        within="depth",
        select="""
        select
            referrers.depth,
            case when referrers.is_customer then coalesce(givers.value_tier, 'none') else 'prospect' end
                as referrer_tier,
            coalesce(takers.value_tier, 'none') as referred_tier,
            cast(count(*) as integer) as referred_customers,
            sum(takers.revenue_net) as referred_revenue_net
        from customer.fct_referral_network as referred
        inner join customer.fct_referral_network as referrers
            on referred.referrer_customer_id = referrers.customer_id
        left join customer.dim_customers as givers on referrers.customer_id = givers.customer_id
        left join customer.dim_customers as takers on referred.customer_id = takers.customer_id
        where referrers.depth is not null and referred.is_customer
        group by 1, 2, 3
        """,
    ),
    Mart(
        "service.fct_loyalty_programme",
        "loyalty",
        "tier",
        "tier:label/loyalty_tier members_joined:people earned:count<members_joined redeemed:count<members_joined"
        " expired:count<members_joined balance:count<members_joined",
        select="""
        select
            tier,
            cast(sum(members_joined) as integer) as members_joined,
            sum(earned) filter (where months_back < 12) as earned,
            sum(redeemed) filter (where months_back < 12) as redeemed,
            sum(expired) filter (where months_back < 12) as expired,
            sum(balance) filter (where months_back = 0) as balance
        from service.fct_loyalty_programme
        group by tier
        """,
    ),
    Mart(
        "service.fct_loyalty_members",
        "loyalty",
        "tier",
        "tier:label/loyalty_tier members:people members_active:people moved_up:people moved_down:people"
        " balance:count<members",
        select="""
        select
            coalesce(tier, 'unknown') as tier,
            cast(count(*) as integer) as members,
            cast(count(*) filter (where is_active) as integer) as members_active,
            cast(count(*) filter (where tier_move = 'up') as integer) as moved_up,
            cast(count(*) filter (where tier_move = 'down') as integer) as moved_down,
            sum(balance) as balance
        from service.fct_loyalty_members
        group by 1
        """,
    ),
)
SELLER = (
    # Who brings others, with everybody they brought in turn.
    Mart(
        "customer.fct_referral_network",
        None,
        "network_revenue_net desc, customer_id",
        "customer_id:code referred_customers:count! referred_revenue_net:money! referred_margin_net:money!"
        " network_customers:count! network_depth:count! network_revenue_net:money! reward_amount:money!",
        name="referrers",
        select="select * from customer.fct_referral_network where network_customers > 0",
    ),
)
