-- KPI:     prices of a call
-- Answers: which dated rates priced the attempts of this call?
-- Grain:   one row per price row used
-- Set:     call  VARCHAR, the call's id, mandatory

with used as (
    select distinct unnest(price_ids) as price_id
    from attempts
    where call_id = getvariable('call')::varchar
)

select distinct
    price_id, provider, match_kind, match, context_key, context_value, unit, source, source_version,
    threshold_tokens, usd_per_mtok, valid_from, valid_to

from prices
join used using (price_id)
order by provider, match, unit, price_id;
