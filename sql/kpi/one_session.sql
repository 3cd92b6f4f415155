-- KPI:     a session as a whole
-- Answers: what was it, what did it cost, and how did its tasks go?
-- Grain:   one row for the session `session`, whatever the period; none if no call of it is known
-- Set:     session  VARCHAR, the session; default: none

with own as (
    from calls
    where session_id = getvariable('session')::varchar
),
tasks as (
    select
        count(*) filter (outcome <> 'unknown') as known_tasks,
        count(*) filter (outcome = 'pass') as passed_tasks,
        count(*) as tasks
    from task_signals
    where session_id = getvariable('session')::varchar
)

select
    own.session_id,
    any_value(coalesce(own.project, '')) as project,
    any_value(coalesce(own.git_branch, '')) as branch,
    (select title from session_facts where session_id = getvariable('session')::varchar) as title,
    count(*) filter (kind not in ('probe', 'count_tokens', 'other')) as calls,
    count(*) filter (agent_id is null and kind in ('main', 'plan', 'compact', 'stream_retry')) as turns,
    count(distinct agent_id) as agents,
    sum(list_usd)::decimal(18, 9) as list_usd,
    sum(cost_usd)::decimal(18, 9) as cash_usd,
    count(*) filter (list_usd is null and result is not null) as unpriced_calls,
    sum(cache_read_tokens)
        / nullif(sum(input_tokens + cache_write_5m_tokens + cache_write_1h_tokens + cache_read_tokens), 0)
        as cache_read_share,
    max(input_tokens + cache_write_5m_tokens + cache_write_1h_tokens + cache_read_tokens) as longest_prompt_tokens,
    any_value(tasks) as tasks,
    any_value(known_tasks) as known_tasks,
    any_value(passed_tasks) as passed_tasks,
    min(asked_at) as first_at,
    max(asked_at) as last_at,
    epoch(max(asked_at) - min(asked_at)) as span_s

from own
cross join tasks
group by own.session_id;
