-- One row per price row: the rates of every token bucket of the same price, in USD per million tokens.
-- A call names the rows that priced it (`price_ids`), and only those of buckets that it used; this tells what the
-- same tokens would have cost in another bucket. A rate is null where the price has none for that bucket.
create or replace view bucket_rates as
select
    price_id,
    unit,
    usd_per_mtok,
    max(usd_per_mtok) filter (unit = 'input') over same_price as input_rate,
    max(usd_per_mtok) filter (unit = 'cache_write_5m') over same_price as write_5m_rate,
    max(usd_per_mtok) filter (unit = 'cache_write_1h') over same_price as write_1h_rate,
    max(usd_per_mtok) filter (unit = 'cache_read') over same_price as read_rate,
    max(usd_per_mtok) filter (unit = 'output') over same_price as output_rate
from prices
window same_price as (
    partition by provider, match, valid_from, context_key, context_value, threshold_tokens
);
