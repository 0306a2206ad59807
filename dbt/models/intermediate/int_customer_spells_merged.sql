-- Spells for whoever asks by customer id: int_customer_spells_keyed with the id in the key's place.
{{ config(materialized='view') }}

select
    keys.customer_id,
    spells.spell_number,
    spells.starts_period,
    spells.ends_period,
    spells.last_sign_period
from {{ ref('int_customer_spells_keyed') }} as spells
inner join {{ ref('int_customer_keys') }} as keys on spells.customer_key = keys.customer_key
