-- One row per call of the period that passes every filter, with the value of what is asked by.
--   dimension  VARCHAR: target (default), model, provider, project, branch, session, agent, kind, route, hour
create or replace view period_spend as
select
    period_calls.*,
    case coalesce(getvariable('dimension')::varchar, 'target')
        when 'model' then coalesce(answered_model, '?')
        when 'provider' then coalesce(provider, '?')
        when 'project' then coalesce(project, '')
        when 'branch' then coalesce(git_branch, '')
        when 'session' then coalesce(session_id, '')
        when 'agent' then coalesce(agent_type, case when agent_id is null then 'main loop' else 'agent' end)
        when 'kind' then kind
        when 'route' then coalesce(route, 'default')
        when 'hour' then strftime(timezone(zone, timezone('UTC', quarter_at)), '%H:00')
        else target
    end as named_value,
    input_tokens + cache_write_5m_tokens + cache_write_1h_tokens + cache_read_tokens as prompt_tokens
from period_calls
cross join period;
