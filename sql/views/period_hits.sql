-- One row per limit hit of the period; with a filter set, only those of calls that pass it.
create or replace view period_hits as
with noticed as materialized (
    select hit_at, limit_window, call_id
    from limit_hits
    where hit_at >= asked_from() and hit_at < asked_until()
)
select hit_at, limit_window
from noticed
where not asked_of_some()
   or call_id in (
       select call_id
       from period_calls
       where asked_of_some() and call_id in (select call_id from noticed)
   );
