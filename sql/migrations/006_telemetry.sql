-- One row per request that Claude Code told of in its own telemetry, whether or not it is known from
-- elsewhere. `known_call_id` names the call through the gate, else the transcript's, that is the same one; such
-- rows are counted once, as the gate or the transcript saw them. `told_usd` is Claude Code's own estimate.
-- Telemetry does not tell how long cache writes live: they are split as `told_usd` implies, else taken for 5 minutes.
create table telemetry_calls (
    call_id varchar, asked_at timestamp, ended_at timestamp, project varchar, session_id varchar,
    agent_type varchar, kind varchar, model varchar, result varchar, status smallint,
    input_tokens bigint, cache_write_5m_tokens bigint, cache_write_1h_tokens bigint,
    cache_read_tokens bigint, output_tokens bigint, speed varchar, effort varchar,
    duration_ms double, request_id varchar, told_usd decimal(18, 9),
    list_usd decimal(18, 9), cost_usd decimal(18, 9), baseline_usd decimal(18, 9),
    price_ids varchar[], unpriced varchar, bill varchar, client varchar,
    known_call_id varchar
);
