-- One row per hit: an attempt refused because a plan's window was spent, or a transcript's notice of one.
-- The same refusal seen by the gate and in a transcript counts once, as the gate saw it.
create or replace view limit_hits as
select read_at as hit_at, limit_window, resets_at, source, call_id, request_id
from limit_readings
where is_hit and source = 'proxy'
union all by name
select read_at as hit_at, limit_window, resets_at, source, call_id, request_id
from limit_readings as noticed
where is_hit and source = 'transcript'
  and not exists (
    from limit_readings as seen
    where seen.is_hit and seen.source = 'proxy'
      and (seen.request_id = noticed.request_id
           or (noticed.request_id is null
               and seen.read_at between noticed.read_at - interval 10 second
                                    and noticed.read_at + interval 10 second))
  );
