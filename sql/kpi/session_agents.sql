-- KPI:     a session's agents
-- Answers: who did what share of the work: the main loop, its subagents, and theirs?
-- Grain:   one row per agent of the session `session`, whatever the period, each after the one that started it;
--          `depth` 0 is the main loop; `span_s` from its first call to the end of its last
-- Set:     session  VARCHAR, the session; default: none

with recursive sums as (
    select
        coalesce(agent_id, '') as agent,
        any_value(agent_type) as agent_type,
        any_value(parent_agent_id) as parent_agent_id,
        count(*) filter (kind not in ('probe', 'count_tokens', 'other')) as calls,
        sum(input_tokens + cache_write_5m_tokens + cache_write_1h_tokens + cache_read_tokens)::bigint as prompt_tokens,
        sum(output_tokens)::bigint as output_tokens,
        sum(list_usd)::decimal(18, 9) as list_usd,
        sum(cost_usd)::decimal(18, 9) as cash_usd,
        count(*) filter (result not in ('ok', 'cancelled')) as failed_calls,
        string_agg(distinct answered_model, ', ' order by answered_model) as models,
        min(asked_at) as first_at,
        max(asked_at + to_milliseconds(coalesce(duration_ms, 0)::bigint)) as last_at
    from calls
    where session_id = getvariable('session')::varchar
    group by agent
),
tree as (
    select agent, 0 as depth, [first_at::varchar || agent] as place
    from sums
    where agent = ''
       or coalesce(parent_agent_id, '') not in (select agent from sums)
       or (coalesce(parent_agent_id, '') = '' and not exists (from sums where agent = ''))
    union all
    select sums.agent, tree.depth + 1, list_append(tree.place, sums.first_at::varchar || sums.agent)
    from sums
    join tree on coalesce(sums.parent_agent_id, '') = tree.agent
    where sums.agent <> '' and tree.depth < 20
)

select
    sums.agent as agent_id, depth, agent_type, parent_agent_id, calls, prompt_tokens, output_tokens,
    list_usd, (list_usd / nullif(sum(list_usd) over (), 0))::double as list_share, cash_usd, failed_calls, models,
    epoch(last_at - first_at) as span_s, first_at, last_at

from tree
join sums using (agent)
order by place;
