-- A row is an attempt through the gate whose call is not in the ledger.
select call_id, attempt_no, target, started_at
from attempts
where source = 'proxy'
  and call_id not in (select call_id from call_log)
order by started_at;
