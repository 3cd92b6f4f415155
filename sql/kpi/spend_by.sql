-- KPI:     spend by what you choose
-- Answers: where does the money go?
-- Grain:   one row per value of `dimension`, most list value first; every kind of call bears money, `calls` are of
--          inference; money is null where no call has a price. The plan's fee is not shared out here: cash is what was paid beyond it
-- Set:     period and filters as in sql/README.md; dimension  target (default), model, provider, project, branch,
--          session, agent, kind, route, hour; top_rows  default: all

select
    named_value,
    any_value(title) as title,
    count(*) filter (is_inference) as calls,
    count(distinct period_spend.session_id) as sessions,
    sum(list_usd)::decimal(18, 9) as list_usd,
    (sum(list_usd) / nullif(sum(sum(list_usd)) over (), 0))::double as list_share,
    sum(cost_usd)::decimal(18, 9) as cash_usd,
    coalesce(sum(baseline_usd), 0)::decimal(18, 9) as baseline_usd,
    coalesce(sum(prompt_tokens), 0)::bigint as prompt_tokens,
    coalesce(sum(cache_read_tokens), 0)::bigint as cache_read_tokens,
    coalesce(sum(output_tokens), 0)::bigint as output_tokens,
    (sum(list_usd) / nullif(count(*) filter (is_inference), 0))::double as list_usd_per_call,
    count(*) filter (list_usd is null and result is not null) as unpriced_calls

from period_spend
left join session_facts
  on getvariable('dimension')::varchar = 'session' and session_facts.session_id = period_spend.session_id
group by named_value
order by list_usd desc nulls last, calls desc, named_value
limit coalesce(getvariable('top_rows')::bigint, 100000);
