-- One row per call of the period that passes every filter and was paid in cash while a window of the plan stood spent;
-- background work, which leaves the plan anyway, is not counted.
create or replace view unplanned_calls as
select *
from period_calls
semi join touched_hours('spent_windows') as spent
  on date_trunc('hour', asked_at) = hour_at and asked_at >= blocked_at and asked_at < open_at
where bill = 'cash' and result = 'ok' and coalesce(route, '') <> 'background';
