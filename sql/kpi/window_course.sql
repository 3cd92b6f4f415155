-- KPI:     limit windows over time
-- Answers: how full was each window of the plan, and when did it refuse?
-- Grain:   one row per provider, plan window, its reset and quarter of an hour in which it was read: the last
--          reading of that quarter. Of the whole account: obeys the period, not the filters
-- Set:     period as in sql/README.md

select
    provider,
    limit_window,
    resets_at,
    max(read_at) as read_at,
    arg_max(utilization, read_at) as utilization,
    bool_or(is_hit) as is_hit

from limit_readings
cross join period
where read_at >= start_at
  and read_at < end_at
  and utilization is not null
  and limit_window not in ('requests', 'tokens', 'input_tokens', 'output_tokens')
group by provider, limit_window, resets_at, time_bucket(interval 15 minute, read_at)
order by provider, limit_window, read_at;
