-- KPI:     what caching saved
-- Answers: where did caching pay, and where did it cost more than it brought?
-- Grain:   one row per value of `dimension`: what lost money first, worst first, then what saved, most first, then what
--          has no price. `saved_usd` is at list price: reads less the surcharge of writes, so writes that nothing read
--          are below zero; local models, which count no cache, are left out
-- Set:     period and filters as in sql/README.md; dimension  project (default), model, session; top_rows  default: all

with named as (
    select
        *,
        case coalesce(getvariable('dimension')::varchar, 'project')
            when 'model' then coalesce(answered_model, '?')
            when 'session' then coalesce(session_id, '')
            else coalesce(project, '')
        end as named_value
    from period_prompts
    where bill <> 'local'
)

select
    named_value,
    any_value(title) as title,
    count(*) as calls,
    count(*) - count(saved_usd) as unpriced_calls,
    sum(cache_read_tokens)::bigint as cache_read_tokens,
    sum(cache_write_tokens)::bigint as cache_write_tokens,
    sum(cache_read_tokens) / nullif(sum(prompt_tokens), 0) as read_share,
    sum(read_saved_usd)::decimal(18, 9) as read_saved_usd,
    sum(surcharge_usd)::decimal(18, 9) as surcharge_usd,
    sum(saved_usd)::decimal(18, 9) as saved_usd

from named
left join session_facts
  on getvariable('dimension')::varchar = 'session' and session_facts.session_id = named.session_id
group by named_value
order by
    case when sum(saved_usd) is null then 2 when sum(saved_usd) < 0 then 0 else 1 end,
    abs(sum(saved_usd)) desc,
    named_value
limit coalesce(getvariable('top_rows')::bigint, 100000);
