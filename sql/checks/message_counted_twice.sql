-- A row is an answer that counts both as the gate saw it and as a transcript told it.
select log.call_id as gate_call_id, told.call_id as transcript_call_id, message_id, log.asked_at
from call_log as log
join transcript_calls as told using (message_id)
where told.wire_call_id is null
order by log.asked_at;
