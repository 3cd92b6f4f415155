-- A row is an attempt without a price that carries a list value all the same.
select call_id, attempt_no, target, unpriced, list_usd
from attempts
where unpriced is not null and list_usd is not null
order by call_id, attempt_no;
