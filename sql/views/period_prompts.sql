-- One row per inference call of the period that passes every filter, with what caching made of its price. `saved_usd` is what
-- its prompt would have cost as plain input, less what it did cost: reads save, writes cost more than plain input. Null where
-- the call's price tells no rate for a bucket that it used. The rates are of the price that the call was priced by, in USD per
-- million tokens.
create or replace view period_prompts as
select
    period_calls.*,
    input_rate, read_rate, write_5m_rate, write_1h_rate, output_rate,
    cache_write_5m_tokens + cache_write_1h_tokens as cache_write_tokens,
    input_tokens + cache_write_5m_tokens + cache_write_1h_tokens + cache_read_tokens as prompt_tokens,
    case when cache_read_tokens = 0 then 0
         else cache_read_tokens * (input_rate - read_rate) / 1000000 end::decimal(18, 9) as read_saved_usd,
    case when cache_write_5m_tokens = 0 then 0
         else cache_write_5m_tokens * (write_5m_rate - input_rate) / 1000000 end::decimal(18, 9)
    + case when cache_write_1h_tokens = 0 then 0
           else cache_write_1h_tokens * (write_1h_rate - input_rate) / 1000000 end::decimal(18, 9) as surcharge_usd,
    (read_saved_usd - surcharge_usd)::decimal(18, 9) as saved_usd
from period_calls
left join bucket_rates
  on bucket_rates.price_id = case when result in ('ok', 'truncated', 'cancelled') then period_calls.price_id end
where is_inference and result is not null
  and input_tokens + cache_write_5m_tokens + cache_write_1h_tokens + cache_read_tokens > 0;
