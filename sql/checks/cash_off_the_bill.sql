-- A row is an attempt on the plan or on a local model that is said to have cost cash.
select call_id, attempt_no, target, bill, cost_usd
from attempts
where bill in ('plan', 'local') and cost_usd > 0
order by call_id, attempt_no;
