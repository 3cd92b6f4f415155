-- A row is an attempt number that a call holds twice, or that leaves a gap before it.
select call_id, attempt_no, count(*) as times
from attempt_log
group by call_id, attempt_no
having count(*) > 1
union all
select call_id, max(attempt_no) as attempt_no, count(*) as times
from attempt_log
group by call_id
having max(attempt_no) <> count(*)
order by call_id, attempt_no;
