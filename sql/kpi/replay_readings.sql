-- KPI:     readings of a plan's windows
-- Answers: how full did answers say each of the plan's windows was, and when does it reset?
-- Grain:   one row per reading of the period, of whatever project: windows are shared by all
-- Set:     start_at, end_at
select read_at, limit_window, utilization, resets_at

from limit_readings
cross join period

where read_at >= start_at
  and read_at < end_at
  and provider = 'max'
  and utilization is not null
order by read_at, limit_window;
