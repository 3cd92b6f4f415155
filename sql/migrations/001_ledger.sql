-- The ledger's tables. Times are UTC, money is USD, tokens are whole counts.
-- No primary key and no index on the big tables: exactly-once comes from `journal_offsets`,
-- which is written in the same transaction as the rows.

create table journal_offsets (
    segment varchar primary key,
    loaded_bytes bigint not null
);

-- One row per call in flight, deleted when the finished call is loaded.
-- What stays here after the gate was killed are calls whose answer never ended.
create table open_calls (
    call_id varchar, asked_at timestamp, project varchar, session_id varchar, agent_id varchar,
    parent_agent_id varchar, kind varchar, asked_model varchar, route varchar, reason varchar,
    gate_pid integer
);

-- One row per finished call through the gate.
create table call_log (
    call_id varchar, asked_at timestamp, project varchar, session_id varchar, agent_id varchar,
    parent_agent_id varchar, agent_type varchar, kind varchar,
    asked_model varchar, answered_model varchar, provider varchar, bill varchar,
    route varchar, reason varchar, result varchar, status smallint, attempts smallint,
    input_tokens bigint, cache_write_5m_tokens bigint, cache_write_1h_tokens bigint,
    cache_read_tokens bigint, output_tokens bigint, web_searches integer,
    list_usd decimal(18, 9), cost_usd decimal(18, 9), baseline_usd decimal(18, 9),
    ttfb_ms double, duration_ms double,
    request_id varchar, request_id_minted boolean, message_id varchar, stop_reason varchar,
    usage_missing boolean, partial boolean,
    method varchar, path varchar, stream boolean, body_bytes bigint,
    body_sha256 varchar, system_sha256 varchar, tools_sha256 varchar,
    tools smallint, messages integer, images smallint, max_tokens integer,
    thinking varchar, thinking_budget integer, effort varchar, tool_choice varchar,
    cache_ttl varchar, last_text_chars integer, is_tool_turn boolean, tool_calls smallint,
    client varchar, entrypoint varchar, cwd varchar, git_branch varchar,
    capture varchar, retry_of varchar, policy_version varchar
);

-- One row per attempt at a call through the gate.
create table attempt_log (
    call_id varchar, attempt_no smallint, started_at timestamp,
    provider varchar, model varchar, answered_model varchar, bill varchar,
    result varchar, status smallint, ttfb_ms double, duration_ms double,
    request_id varchar, message_id varchar, stop_reason varchar,
    input_tokens bigint, cache_write_5m_tokens bigint, cache_write_1h_tokens bigint,
    cache_read_tokens bigint, output_tokens bigint, web_searches integer,
    iterations json, speed varchar, geo varchar, service_tier varchar,
    provider_cost_usd decimal(18, 9),
    list_usd decimal(18, 9), cost_usd decimal(18, 9), baseline_usd decimal(18, 9),
    price_ids varchar[], unpriced varchar, usage_missing boolean,
    limits json, error_type varchar, error varchar
);

-- One row per call read from a transcript, after de-duplication. `wire_call_id` names the
-- call through the gate that is the same call; such rows are counted once, as the gate saw them.
create table transcript_calls (
    call_id varchar, asked_at timestamp, project varchar, session_id varchar, agent_id varchar,
    parent_agent_id varchar, agent_type varchar, kind varchar, answered_model varchar,
    result varchar, status smallint,
    input_tokens bigint, cache_write_5m_tokens bigint, cache_write_1h_tokens bigint,
    cache_read_tokens bigint, output_tokens bigint, web_searches integer,
    iterations json, speed varchar, geo varchar, service_tier varchar,
    list_usd decimal(18, 9), cost_usd decimal(18, 9), baseline_usd decimal(18, 9),
    price_ids varchar[], unpriced varchar,
    request_id varchar, message_id varchar, stop_reason varchar, partial boolean,
    bill varchar, client varchar, entrypoint varchar, cwd varchar, git_branch varchar,
    file varchar, wire_call_id varchar,
    is_sidechain boolean, stub json
);
comment on column transcript_calls.stub is
    'the counts as the transcript told them, where the agent''s parent knew the final ones';

-- One row per file and session that holds a copy of a call, for calls held more than once, and
-- for every notice of a limit (its call_id is in limit_readings).
create table transcript_copies (
    call_id varchar, file varchar, session_id varchar
);

-- One row per agent of a session, as far as a transcript told.
create table agent_facts (
    session_id varchar, agent_id varchar, agent_type varchar, parent_agent_id varchar,
    primary key (session_id, agent_id)
);

-- One row per time an agent ended: the usage of its last call, as its parent was told.
create table agent_results (
    session_id varchar, agent_id varchar, done_at timestamp,
    input_tokens bigint, cache_write_5m_tokens bigint, cache_write_1h_tokens bigint,
    cache_read_tokens bigint, output_tokens bigint, web_searches integer,
    primary key (session_id, agent_id, done_at)
);

-- One row per reading of a limit window: every answer that carried one, every limit notice in
-- a transcript. `utilization` is a fraction and may pass 1.
create table limit_readings (
    read_at timestamp, call_id varchar, provider varchar, limit_window varchar,
    request_id varchar, status varchar, utilization double, resets_at timestamp, is_hit boolean,
    source varchar
);

-- One row per transcript file: how far it was read.
create table import_files (
    file varchar primary key, bytes bigint, modified_ns bigint, loaded_bytes bigint, calls bigint,
    head_sha256 varchar
);

-- One row per Claude Code session, as far as a transcript told. `first_at` and `last_at` are of
-- its calls, `born_at` of its file's first line; of two titles that with the higher rank stays.
create table session_facts (
    session_id varchar primary key, project varchar, cwd varchar, git_branch varchar,
    title varchar, first_at timestamp, last_at timestamp,
    born_at timestamp, is_fork boolean, title_rank varchar
);

-- One row per dated rate. `valid_to` is exclusive, null means still in force. See router/price.py.
create table prices (
    price_id varchar, provider varchar, match_kind varchar, match varchar,
    valid_from timestamp, valid_to timestamp, context_key varchar, context_value varchar,
    threshold_tokens bigint, unit varchar, usd_per_mtok decimal(18, 9),
    source varchar, source_version varchar
);

create table settings (
    name varchar primary key, value varchar
);
