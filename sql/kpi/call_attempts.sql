-- KPI:     attempts of a call
-- Answers: who was tried, in which order, and how did each try go?
-- Grain:   one row per attempt, first one first
-- Set:     call  VARCHAR, the call's id, mandatory

select
    attempt_no, target, provider, model, answered_model, bill, result, status, stop_reason,
    request_id, message_id, service_tier, speed, geo, error_type, error, unpriced, usage_missing,
    price_ids, limits::varchar as limits, iterations::varchar as iterations,
    input_tokens, cache_write_5m_tokens, cache_write_1h_tokens, cache_read_tokens, output_tokens,
    web_searches, list_usd, cost_usd, baseline_usd, provider_cost_usd, ttfb_ms, duration_ms,
    started_at

from attempts
where call_id = getvariable('call')::varchar
order by attempt_no;
