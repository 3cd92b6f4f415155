-- A row is a call id that the ledger counts more than once.
select call_id, count(*) as times, min(asked_at) as first_at, max(asked_at) as last_at
from calls
group by call_id
having count(*) > 1
order by call_id;
