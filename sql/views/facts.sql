-- One row per routed call: what its rules could ask about, by the names that rules use, and what
-- it was decided on. Readable as `select * from facts where <a rule's when>`.
create or replace view facts as
select
    call_id, asked_at, policy_version, login, rule, route, result, session_id, agent_id, tag,
    media_bytes, experiment, arm, propensity, weights,
    kind, project, asked_model, task, complexity, estimated_tokens as input_tokens, agent_type,
    messages, tools, images, documents, max_tokens, thinking, thinking_budget, effort, tool_choice,
    web_search, stream, is_tool_turn, last_text_chars, tool_errors, failures, is_reask, client,
    entrypoint, git_branch, body_bytes
from call_log
where rule is not null;
