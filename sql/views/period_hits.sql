-- One row per limit hit of the period; with a filter set, only those of calls that pass it.
create or replace view period_hits as
with noticed as materialized (
    select hit_at, limit_hits.limit_window, call_id, is_filtered
    from limit_hits
    cross join period
    where hit_at >= start_at and hit_at < end_at
)
select hit_at, limit_window
from noticed
where not is_filtered
   or call_id in (
       select call_id
       from period_calls
       where call_id in (select call_id from noticed where is_filtered)
   );
