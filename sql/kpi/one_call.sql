-- KPI:     one call
-- Answers: what is known of this call?
-- Grain:   one row, or none where no call has this id
-- Set:     call  VARCHAR, the call's id, mandatory

select
    calls.call_id, calls.session_id, calls.agent_id, calls.parent_agent_id, calls.retry_of,
    calls.request_id, calls.message_id, log.request_id_minted,
    coalesce(calls.project, '') as project, calls.cwd, calls.git_branch, calls.client, calls.entrypoint,
    calls.kind, calls.agent_type, calls.asked_model, calls.answered_model, calls.provider, calls.bill,
    calls.route, calls.reason, calls.policy_version, log.login, log.rule, log.task,
    round(log.complexity, 3) as complexity, log.estimated_tokens, log.terms, log.skipped,
    log.experiment, log.arm, log.propensity,
    coalesce(calls.result, 'open') as result, calls.status, calls.stop_reason,
    calls.usage_missing, calls.partial, calls.source, log.capture,
    log.method, log.path, log.stream, log.thinking, log.effort, log.tool_choice, log.cache_ttl,
    log.is_tool_turn, log.body_sha256, log.system_sha256, log.tools_sha256,
    calls.attempts, log.tools, log.messages, log.images, log.max_tokens, log.thinking_budget,
    log.tool_calls, log.body_bytes, log.last_text_chars,
    calls.input_tokens, calls.cache_write_5m_tokens, calls.cache_write_1h_tokens,
    calls.cache_read_tokens, calls.output_tokens, calls.web_searches,
    calls.list_usd, calls.cost_usd, calls.baseline_usd, calls.ttfb_ms, calls.duration_ms,
    calls.asked_at

from calls
left join call_log as log using (call_id)
where calls.call_id = getvariable('call')::varchar
limit 1;
