-- KPI:     evidence of advice
-- Answers: which calls are behind a finding, and what is each worth?
-- Grain:   one row per finding and call, most dollars first; `saving_usd` is at list price, below zero where the advice
--          costs something, and null for findings about the plan, which no single call makes true
-- Set:     period and filters as in sql/README.md; finding  VARCHAR as in advice.sql, default: every; top_rows
--          default: 200; and the marks of sql/views/marks.sql

with every_row as (
    select finding, call_id, usd
    from savings
    where getvariable('finding') is null or finding = getvariable('finding')::varchar
    union all
    select finding, call_id, null
    from worth_of_plans
    join period_calls on result = 'ok' and bill = 'plan'
    where finding in ('plan_api', 'plan_smaller')
      and (getvariable('finding') is null or finding = getvariable('finding')::varchar)
    union all
    select finding, call_id, null
    from worth_of_plans
    cross join unplanned_calls
    where finding = 'plan_larger'
      and (getvariable('finding') is null or finding = getvariable('finding')::varchar)
),
chosen as (
    from every_row
    order by usd desc nulls last, call_id
    limit coalesce(getvariable('top_rows')::bigint, 200)
)

select
    finding,
    call_id,
    session_id,
    coalesce(project, '') as project,
    kind,
    target,
    input_tokens + cache_write_5m_tokens + cache_write_1h_tokens + cache_read_tokens as prompt_tokens,
    output_tokens,
    list_usd,
    usd as saving_usd,
    asked_at

from chosen
join period_calls using (call_id)
order by saving_usd desc nulls last, asked_at desc, call_id;
