-- KPI:     calls
-- Answers: which calls were these?
-- Grain:   one row per call, latest first, one page of them; inference calls only unless any_kind is true
-- Set:     period and filters as in sql/README.md; any_kind  default: false; page_rows  default: 50;
--          page_no  default: 1

with chosen as materialized (
    select call_id, asked_at
    from period_calls
    where is_inference or coalesce(getvariable('any_kind')::boolean, false)
    order by asked_at desc, call_id
    limit coalesce(getvariable('page_rows')::bigint, 50)
    offset (coalesce(getvariable('page_no')::bigint, 1) - 1)
        * coalesce(getvariable('page_rows')::bigint, 50)
)

select
    call_id,
    session_id,
    coalesce(project, '') as project,
    kind,
    asked_model,
    target,
    role,
    bill,
    route,
    reason,
    coalesce(result, 'open') as result,
    status,
    attempts,
    agent_id,
    retry_of,
    request_id,
    message_id,
    source,
    input_tokens,
    cache_write_5m_tokens,
    cache_write_1h_tokens,
    cache_read_tokens,
    input_tokens + cache_write_5m_tokens + cache_write_1h_tokens + cache_read_tokens as prompt_tokens,
    output_tokens,
    list_usd,
    cost_usd,
    ttfb_ms,
    duration_ms,
    asked_at

from period_calls
where call_id in (select call_id from chosen)
  and asked_at >= (select min(asked_at) from chosen)
  and asked_at <= (select max(asked_at) from chosen)
order by asked_at desc, call_id;
