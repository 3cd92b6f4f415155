"""Ties calls of transcripts to the same calls as the gate saw them."""

from datetime import datetime

import duckdb

from collector.telemetry_rows import link_telemetry


def link_wire_calls(db: duckdb.DuckDBPyConnection, since: datetime) -> None:
    """Name the gate's call in each transcript row that is the same, asked at or after `since`.

    Also names these calls in what telemetry told of them, and gives the gate's calls the project,
    folder and branch of their session, where a transcript told them. `since` is naive UTC.
    """
    db.execute(LINK, {"since": since})
    db.execute(PLACE, {"since": since})
    link_telemetry(db, since)


# A transcript's time is that of the answer's first block, the gate's that of the question.
LINK = """
update transcript_calls
set wire_call_id = wire.call_id
from (
    select min(wire.call_id) as call_id, told.call_id as told_call_id
    from call_log as wire
    join transcript_calls as told
      on told.message_id = wire.message_id
     and coalesce(told.request_id = wire.request_id, true)
     and told.asked_at between wire.asked_at - interval 10 minute
                           and wire.asked_at + interval 2 hour
    where wire.asked_at >= $since::timestamp - interval 2 hour
      and told.asked_at >= $since::timestamp - interval 10 minute
      and told.wire_call_id is null
    group by told.call_id
) as wire
where wire.told_call_id = transcript_calls.call_id
"""

PLACE = """
update call_log
set project = coalesce(call_log.project, facts.project),
    cwd = coalesce(call_log.cwd, facts.cwd),
    git_branch = coalesce(call_log.git_branch, facts.git_branch)
from session_facts as facts
where facts.session_id = call_log.session_id
  and call_log.asked_at >= $since::timestamp - interval 2 hour
  and ((call_log.project is null and facts.project is not null)
       or (call_log.cwd is null and facts.cwd is not null)
       or (call_log.git_branch is null and facts.git_branch is not null))
"""
