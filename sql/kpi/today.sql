-- KPI:     today so far
-- Answers: how many calls were made today, and what were they worth?
-- Grain:   one row; inference calls only, by asked_at
-- Set:     zone and now as in sql/README.md

with today as (
    select timezone('UTC', timezone(zone, date_trunc('day', timezone(zone, timezone('UTC', now_at)))))
        as start_at
    from period
)

select
    count(*)::bigint                                          as calls,
    coalesce(sum(list_usd), 0)::decimal(18, 9)                as list_usd,
    coalesce(sum(cost_usd), 0)::decimal(18, 9)                as paid_usd,
    count(*) filter (where list_usd is null and result is not null)::bigint as unpriced,
    count(*) filter (where result is null)::bigint            as open_calls,
    max(asked_at)                                             as last_call_at

from calls
cross join today
where asked_at >= start_at
  and kind not in ('probe', 'count_tokens', 'other');
