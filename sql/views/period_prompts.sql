-- One row per inference call of the period that passes every filter, with what caching made of its price. `saved_usd` is what its prompt would have cost as plain input, less what it did cost: reads
-- save, writes cost more than plain input. Null where the call's price tells no rate for a bucket that it used.
-- The rates are of the price that the call was priced by, in USD per million tokens.
create or replace view period_prompts as
with rates as (
    select call_id, any_value(input_rate) as input_rate, any_value(read_rate) as read_rate,
        any_value(write_5m_rate) as write_5m_rate, any_value(write_1h_rate) as write_1h_rate,
        any_value(output_rate) as output_rate
    from attempts
    join bucket_rates on bucket_rates.price_id = attempts.price_ids[1]
    where result in ('ok', 'truncated', 'cancelled')
      and (getvariable('start_at') is null or started_at >= getvariable('start_at')::timestamp)
    group by call_id
)
select
    period_calls.*,
    rates.* exclude (call_id),
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
left join rates using (call_id)
where is_inference and result is not null
  and input_tokens + cache_write_5m_tokens + cache_write_1h_tokens + cache_read_tokens > 0;
