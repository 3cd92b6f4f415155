-- A row is an attempt with tokens, money or time below zero.
select call_id, attempt_no, target
from attempts
where least(
    input_tokens, cache_write_5m_tokens, cache_write_1h_tokens, cache_read_tokens, output_tokens,
    list_usd, cost_usd, baseline_usd, ttfb_ms, duration_ms
) < 0
order by call_id, attempt_no;
