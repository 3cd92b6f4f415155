-- KPI:     decision on a call
-- Answers: what was this call weighed by, which rule took it, which targets were passed over, under which policy?
-- Grain:   one row, or none where the gate saw no call with this id. `policy_text` is null where that version is not
--          kept; `complexity` is what was decided on, which may be above or beside the score of `terms`
-- Set:     call  VARCHAR, the call's id, mandatory

with policies as (
    select policy_version, arg_max(text, applied_at) as policy_text
    from policy_log
    group by policy_version
)

select
    log.call_id, log.policy_version, log.login, log.rule, log.route, log.reason, log.tag,
    log.kind, log.project, log.asked_model, log.task, log.complexity,
    log.estimated_tokens as input_tokens, log.agent_type, log.messages, log.tools, log.images,
    log.documents, log.max_tokens, log.thinking, log.thinking_budget, log.effort, log.tool_choice,
    log.web_search, log.stream, log.is_tool_turn, log.last_text_chars, log.tool_errors,
    log.failures, log.is_reask, log.client, log.entrypoint, log.git_branch, log.body_bytes,
    log.terms::varchar as terms, log.skipped::varchar as skipped, log.experiment, log.arm,
    log.propensity, log.weights, policies.policy_text

from call_log as log
left join policies using (policy_version)
where log.call_id = getvariable('call')::varchar
limit 1;
