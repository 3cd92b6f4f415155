-- KPI:     limits of API keys
-- Answers: how near did we come to the requests and tokens a minute of an API key?
-- Grain:   one row per provider and limit; obeys the period, not the filters
-- Set:     period as in sql/README.md

select
    provider,
    limit_window as limited,
    count(*) as readings,
    max(utilization) as highest,
    arg_max(read_at, utilization) as highest_at,
    arg_max(utilization, read_at) as latest,
    max(read_at) as read_at

from limit_readings
cross join period
where read_at >= start_at
  and read_at < end_at
  and utilization is not null
  and limit_window in ('requests', 'tokens', 'input_tokens', 'output_tokens')
group by all
order by provider, limited;
