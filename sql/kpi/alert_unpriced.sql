-- KPI:     models without a price, for alerts
-- Answers: which target was used in the last day although no price for it is known?
-- Grain:   one row per target, most calls first; the period and the filters do not apply
-- Set:     now  TIMESTAMP in UTC, default: the clock

select
    target,
    count(distinct call_id) as calls,
    any_value(unpriced) as reason

from attempts
cross join period
where started_at > now_at - interval 24 hour
  and started_at <= now_at
  and unpriced is not null
group by target
order by calls desc, target;
