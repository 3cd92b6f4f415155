-- One row per call: finished ones through the gate, those still open, those known from transcripts only, and
-- those that only Claude Code's telemetry told of. `row_no` tells them apart in a number, for joins within one question.
create or replace view calls as
select
    4 * rowid as row_no,
    call_id, asked_at, project, session_id, agent_id, parent_agent_id, agent_type, kind,
    asked_model, answered_model, provider, bill, route, reason, result, status, attempts,
    input_tokens, cache_write_5m_tokens, cache_write_1h_tokens, cache_read_tokens, output_tokens,
    web_searches, list_usd, cost_usd, baseline_usd, ttfb_ms, duration_ms, request_id, message_id,
    stop_reason, usage_missing, partial, cwd, git_branch, client, entrypoint, retry_of,
    'proxy' as source, policy_version, rule, task, complexity, skipped,
    experiment, arm, propensity,
    is_tool_turn as answers_tools, failures as failed_in_a_row, is_reask as asks_again, tools, tool_errors, price_id
from call_log
union all by name
select
    4 * rowid + 3 as row_no,
    call_id, asked_at, project, session_id, agent_id, parent_agent_id, kind, asked_model,
    route, reason, null as result, 0::smallint as attempts, 'proxy' as source
from open_calls
union all by name
select
    4 * rowid + 1 as row_no,
    call_id, asked_at, project, session_id, agent_id, parent_agent_id, agent_type, kind,
    answered_model as asked_model, answered_model,
    case when bill = 'plan' then 'max' else 'anthropic' end as provider, bill,
    'default' as route, 'read from a transcript' as reason, result, status, 1::smallint as attempts,
    input_tokens, cache_write_5m_tokens, cache_write_1h_tokens, cache_read_tokens, output_tokens,
    web_searches, list_usd, cost_usd, baseline_usd, request_id, message_id, stop_reason,
    false as usage_missing, partial, cwd, git_branch, client, entrypoint, price_ids[1] as price_id,
    'transcript' as source
from transcript_calls
where wire_call_id is null
union all by name
select
    4 * rowid + 2 as row_no,
    call_id, asked_at, project, session_id, agent_type, kind, model as asked_model, model as answered_model,
    case when bill = 'plan' then 'max' else 'anthropic' end as provider, bill,
    'default' as route, 'told by telemetry' as reason, result, status, 1::smallint as attempts,
    input_tokens, cache_write_5m_tokens, cache_write_1h_tokens, cache_read_tokens, output_tokens,
    0 as web_searches, list_usd, cost_usd, baseline_usd, duration_ms, request_id,
    false as usage_missing, false as partial, client, price_ids[1] as price_id, 'otel' as source
from telemetry_calls
where known_call_id is null;
