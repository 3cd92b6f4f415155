-- One row per attempt; a call known from a transcript or from telemetry only counts as one attempt.
create or replace view attempts as
select
    call_id, attempt_no, started_at, provider || '/' || coalesce(model, '?') as target,
    provider, model, answered_model, bill, result, status, ttfb_ms, duration_ms,
    request_id, message_id, stop_reason,
    input_tokens, cache_write_5m_tokens, cache_write_1h_tokens, cache_read_tokens, output_tokens,
    web_searches, iterations, speed, geo, service_tier, provider_cost_usd, power_usd,
    list_usd, cost_usd, baseline_usd, price_ids, unpriced, usage_missing, limits,
    error_type, error, 'proxy' as source
from attempt_log
union all by name
select
    call_id, 1::smallint as attempt_no, asked_at as started_at,
    case when bill = 'plan' then 'max/' else 'anthropic/' end || coalesce(answered_model, '?') as target,
    case when bill = 'plan' then 'max' else 'anthropic' end as provider,
    answered_model as model, answered_model, bill, result, status, request_id, message_id, stop_reason,
    input_tokens, cache_write_5m_tokens, cache_write_1h_tokens, cache_read_tokens, output_tokens,
    web_searches, iterations, speed, geo, service_tier,
    list_usd, cost_usd, baseline_usd, price_ids, unpriced, false as usage_missing, 'transcript' as source
from transcript_calls
where wire_call_id is null
union all by name
select
    call_id, 1::smallint as attempt_no, asked_at as started_at,
    case when bill = 'plan' then 'max/' else 'anthropic/' end || coalesce(model, '?') as target,
    case when bill = 'plan' then 'max' else 'anthropic' end as provider,
    model, model as answered_model, bill, result, status, duration_ms, request_id,
    input_tokens, cache_write_5m_tokens, cache_write_1h_tokens, cache_read_tokens, output_tokens,
    0 as web_searches, speed, list_usd, cost_usd, baseline_usd, price_ids, unpriced,
    false as usage_missing, 'otel' as source
from telemetry_calls
where known_call_id is null;
