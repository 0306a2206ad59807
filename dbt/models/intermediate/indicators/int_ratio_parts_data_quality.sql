-- Data quality: what each expectation adds to its dimension, by the revenue at stake in the table it judges; and what
-- each customer adds to the match with the ledger.
with

results as (
    select * from {{ ref('fct_expectation_results') }}
    where stage = 'raw' and status != 'not_assessed' and element_count > 0
),

accounting as (
    select * from {{ ref('fct_row_accounting') }}
),

book as (
    select
        customer_id,
        revenue_net_12m
    from {{ ref('dim_customers') }}
    where revenue_net_12m > 0
),

-- Whom the rows of an entity are about. What carries the revenue itself is about everybody.
{% set entities = ['customers', 'tickets', 'survey_responses', 'contracts', 'invoices', 'referrals', 'leads',
    'legal_events', 'activities', 'consents', 'needs', 'contacts', 'lost_customers', 'loyalty_ledger'] %}
mentioned as (
    {% for entity in entities %}
    {% set key = 'referred_customer_id' if entity == 'referrals' else 'customer_id' %}
    select distinct
        'raw.{{ entity }}' as relation,
        coalesce(resolved.resolved_customer_id, mentions.{{ key }}) as customer_id
    from {{ ref('stg_crm__' ~ entity) }} as mentions
    left join {{ ref('int_customers_resolved') }} as resolved on mentions.{{ key }} = resolved.customer_id
    {% if not loop.last %}union{% endif %}
    {% endfor %}
),

stakes as (
    select
        mentioned.relation,
        sum(book.revenue_net_12m) as stake
    from mentioned
    inner join book on mentioned.customer_id = book.customer_id
    group by mentioned.relation
),

-- A book without revenue still has records to judge: then all weigh the same.
everything as (
    select coalesce(sum(revenue_net_12m), 1) as stake from book
),

-- Records that name no customer (staff, campaigns) support the figures: they weigh a tenth of the book.
weighed as (
    select
        results.dimension,
        results.relation || ': ' || results.name as unit_id,
        results.element_count as evaluated,
        results.unexpected_count as unexpected,
        results.relation
    from results
    union all
    select
        'validity' as dimension,
        'raw.' || entity || ': rows that could be read' as unit_id,
        sum(delivered) as evaluated,
        sum(quarantined) as unexpected,
        'raw.' || entity as relation
    from accounting
    group by entity
    having sum(delivered) > 0
    union all
    select
        'uniqueness' as dimension,
        'raw.' || entity || ': rows that are no repeats' as unit_id,
        sum(delivered) as evaluated,
        sum(duplicates) as unexpected,
        'raw.' || entity as relation
    from accounting
    group by entity
    having sum(delivered) > 0
),

staked as (
    select
        weighed.*,
        case
            when weighed.relation in ('raw.orders', 'raw.order_lines', 'raw.payments') then everything.stake
            when stakes.stake is not null then stakes.stake
            else everything.stake * 0.1
        end as stake
    from weighed
    cross join everything
    left join stakes on weighed.relation = stakes.relation
)

select
    'dq_' || dimension as indicator_code,
    '' as breakdown,
    '' as breakdown_value,
    unit_id,
    cast(stake * (1 - unexpected / cast(evaluated as double)) as {{ money() }}) as numerator,
    cast(stake as {{ money() }}) as denominator
from staked
where stake > 0

union all

-- What an order lacks or has too much of in the ledger is not matched, up to its own revenue.
select
    'ledger_match' as indicator_code,
    '' as breakdown,
    '' as breakdown_value,
    coalesce(customer_id, 'unknown') as unit_id,
    cast(
        sum(case when abs(unexplained_amount) < revenue_net then revenue_net - abs(unexplained_amount) else 0 end)
        as {{ money() }}
    ) as numerator,
    cast(sum(revenue_net) as {{ money() }}) as denominator
from {{ ref('int_orders_bridged') }}
where revenue_net > 0
group by coalesce(customer_id, 'unknown')
