-- KPI:     what a replay reads of each call
-- Answers: which facts, target, usage and cost did each call have, for what-if and tuning?
-- Grain:   one row per finished call of the period; transcripts lack the facts that only the gate saw
-- Set:     start_at, end_at, project (and any filter of filtered_calls)
with first_tries as (
    select
        call_id,
        arg_min(target, attempt_no) as tried,
        arg_min(result, attempt_no) as first_result,
        arg_max(target, attempt_no) as answered
    from attempts
    where call_id in (select call_id from period_calls)
    group by call_id
)

select
    calls.call_id, calls.asked_at, calls.session_id, calls.agent_id, log.tag, log.cache_ttl,
    first_tries.tried, first_tries.first_result,
    coalesce(first_tries.answered, calls.target) as target,
    calls.bill, calls.result, calls.duration_ms, calls.stop_reason,
    calls.input_tokens as fresh_tokens, calls.cache_write_5m_tokens, calls.cache_write_1h_tokens,
    calls.cache_read_tokens, calls.output_tokens, calls.web_searches,
    calls.list_usd::double as list_usd, calls.cost_usd::double as cost_usd,
    calls.kind, calls.project, calls.asked_model, calls.task, calls.complexity,
    log.estimated_tokens as input_tokens, calls.agent_type, log.messages, log.tools, log.images,
    log.documents, log.max_tokens, log.thinking, log.thinking_budget, log.effort, log.tool_choice,
    log.web_search, log.stream, log.is_tool_turn, log.last_text_chars, log.tool_errors, log.failures,
    log.is_reask, calls.client, calls.entrypoint, calls.git_branch, log.body_bytes

from period_calls as calls
left join call_log as log
  on 4 * log.rowid = calls.row_no and log.asked_at >= asked_from() and log.asked_at < asked_until()
left join first_tries on first_tries.call_id = calls.call_id

where calls.result is not null
  and calls.kind <> 'probe';
