-- A row is a review that names no subject or two, or whose verdict or source no version of faregate writes.
select session_id, call_id, outcome, source
from reviews
where (session_id is null) = (call_id is null)
   or outcome not in ('pass', 'fail')
   or source not in ('cli', 'csv', 'page')
   or reviewed_at is null;
