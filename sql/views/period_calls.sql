-- One row per call of the period that passes every filter set (`filtered_calls`).
create or replace view period_calls as
from filtered_calls
where asked_at >= asked_from()
  and asked_at < asked_until();
