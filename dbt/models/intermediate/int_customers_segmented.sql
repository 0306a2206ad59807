-- RFM scores and value tiers with the customer's id: int_customer_segments_keyed for whoever asks by customer id.
{{ config(materialized='view') }}

select
    segments.run,
    segments.customer_key,
    keys.customer_id,
    segments.recency_days,
    segments.order_count,
    segments.revenue_net,
    segments.recency_score,
    segments.frequency_score,
    segments.monetary_score,
    segments.rfm_segment,
    segments.value_tier
from {{ ref('int_customer_segments_keyed') }} as segments
inner join {{ ref('int_customer_keys') }} as keys on segments.customer_key = keys.customer_key
