-- KPI:     unpriced attempts
-- Answers: which usage has no price, so that every sum of money is too low?
-- Grain:   one row per target and reason, most attempts first; obeys the period, not the filters
-- Set:     period as in sql/README.md

select
    target,
    unpriced as reason,
    count(*) as attempts,
    count(distinct call_id) as calls,
    sum(output_tokens)::bigint as output_tokens,
    min(started_at) as first_at,
    max(started_at) as last_at

from attempts
cross join period
where started_at >= start_at
  and started_at < end_at
  and unpriced is not null
group by target, reason
order by attempts desc, target;
