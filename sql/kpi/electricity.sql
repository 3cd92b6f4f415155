-- KPI:     electricity of local models
-- Answers: how long did each local model work, and what did that draw?
-- Grain:   one row per local target, most hours first; by the watts and rate that the policy named at the time,
--          null where it named none. It is part of cash, and so of what was paid
-- Set:     period as in sql/README.md

select
    target,
    count(*) as attempts,
    (sum(duration_ms) / 3600000)::double as hours,
    sum(power_usd)::decimal(18, 9) as power_usd,
    count(*) filter (power_usd is null) as attempts_without_rate

from attempts
cross join period
where bill = 'local'
  and started_at >= start_at
  and started_at < end_at
group by target
order by hours desc, target;
