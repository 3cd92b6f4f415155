-- The first price row of the last attempt that has one: tells what every bucket of the call's tokens is worth.
alter table call_log add column price_id varchar;
update call_log set price_id = price_ids[1]
from attempt_log
where attempt_log.call_id = call_log.call_id and attempt_no = attempts and price_ids[1] is not null;
update call_log set price_id = earlier.price_id
from (
    select call_id, arg_max(price_ids[1], attempt_no) as price_id
    from attempt_log
    where price_ids[1] is not null and call_id in (select call_id from call_log where attempts > 1)
    group by call_id
) as earlier
where call_log.call_id = earlier.call_id and attempts > 1 and call_log.price_id is null;
