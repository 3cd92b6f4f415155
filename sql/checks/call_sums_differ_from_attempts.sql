-- A row is a finished call whose tokens or money are not the sum of its attempts' (unknown if one is), or whose price row is not
-- the first of its last priced attempt.
with summed as (
    select
        call_id,
        sum(input_tokens) as input_tokens,
        sum(cache_write_5m_tokens) as cache_write_5m_tokens,
        sum(cache_write_1h_tokens) as cache_write_1h_tokens,
        sum(cache_read_tokens) as cache_read_tokens,
        sum(output_tokens) as output_tokens,
        case when count(list_usd) = count(*) then sum(list_usd) end as list_usd,
        case when count(cost_usd) = count(*) then sum(cost_usd) end as cost_usd,
        case when count(baseline_usd) = count(*) then sum(baseline_usd) end as baseline_usd,
        arg_max(price_ids[1], attempt_no) filter (price_ids[1] is not null) as price_id
    from attempt_log
    group by call_id
)

select call_id, call_log.list_usd, summed.list_usd as attempts_list_usd, asked_at
from call_log
join summed using (call_id)
where call_log.input_tokens is distinct from summed.input_tokens
   or call_log.cache_write_5m_tokens is distinct from summed.cache_write_5m_tokens
   or call_log.cache_write_1h_tokens is distinct from summed.cache_write_1h_tokens
   or call_log.cache_read_tokens is distinct from summed.cache_read_tokens
   or call_log.output_tokens is distinct from summed.output_tokens
   or call_log.list_usd is distinct from summed.list_usd
   or call_log.cost_usd is distinct from summed.cost_usd
   or call_log.baseline_usd is distinct from summed.baseline_usd
   or call_log.price_id is distinct from summed.price_id
order by asked_at;
