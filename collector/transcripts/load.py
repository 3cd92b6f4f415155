"""Merges what a batch of files told into the ledger, within the caller's transaction."""

from collections.abc import Iterable
from datetime import datetime

import duckdb
import polars as pl

from collector.prices import Pricer
from collector.signals.load import load_tasks
from collector.transcripts.batch import Batch
from collector.transcripts.frames import (
    BUCKETS,
    TIME,
    call_rows,
    copies,
    frame_of,
    insert,
)
from collector.transcripts.link import link_wire_calls
from collector.transcripts.merge import Merged
from collector.transcripts.rows import Place
from collector.transcripts.settle import settle


def load(db: duckdb.DuckDBPyConnection, batch: Batch, price: Pricer) -> None:
    """Write a batch: the same rows in the end, whatever was loaded before it and in which order."""
    db.execute("set threads = 1")  # two take more memory and CPU, and save no time
    _merge_calls(db, batch.merged, price)
    _add_notices(db, batch)
    _add_sessions(db, batch)
    _add_agents(db, batch)
    load_tasks(db, batch.progress, batch.tasks)
    settle(db, price)
    _add_progress(db, batch)
    earliest = min((copy.asked_at for copy in batch.merged.calls()), default=None)
    if earliest:
        link_wire_calls(db, datetime.fromisoformat(earliest[:-1]))


def _merge_calls(db: duckdb.DuckDBPyConnection, new: Merged, price: Pricer) -> None:
    known = _known(db, new)
    merged = new
    if known.groups:
        db.execute("delete from transcript_copies where call_id in (select call_id from _known)")
        db.execute("delete from transcript_calls where call_id in (select call_id from _known)")
        known.absorb(new)
        merged = known
    calls = list(merged.calls())
    insert(db, "insert into transcript_calls by name from _new", call_rows(calls, price))
    places = [
        (call.call_id, *place)
        for call in calls
        if call.call_id in merged.places
        for place in merged.places[call.call_id]
    ]
    _add_places(db, places)


def _known(db: duckdb.DuckDBPyConnection, new: Merged) -> Merged:
    """What the ledger already holds of the answers in `new`; their ids are left in `_known`."""
    known = Merged()
    groups = pl.DataFrame({"name": list(new.groups)}, schema={"name": pl.String})
    db.execute("create or replace temp table _known (call_id varchar)")
    insert(
        db,
        """insert into _known select call_id from transcript_calls
           where coalesce(message_id, call_id) in (select name from _new)""",
        groups,
    )
    for copy in copies(db, "where call_id in (from _known)"):
        known.add(copy)
    for call_id, file, session_id in db.execute(
        "from transcript_copies where call_id in (from _known)"
    ).fetchall():
        known.places.setdefault(call_id, set()).add(Place(file, session_id))
    return known


def _add_places(db: duckdb.DuckDBPyConnection, places: Iterable[tuple[str, str, str]]) -> None:
    frame = frame_of(places, ("call_id", "file", "session_id"))
    insert(db, "insert into transcript_copies by name from _new", frame)


def _add_notices(db: duckdb.DuckDBPyConnection, batch: Batch) -> None:
    if not batch.notices:
        return
    told = sorted(batch.notices, key=str)
    schema = {"read_at": pl.Datetime("us"), "resets_at": pl.Datetime("us")}
    frame = frame_of(told, told[0]._fields).cast(schema)  # type: ignore[arg-type]
    insert(db, NOTICES, frame)
    insert(db, NOTICE_PLACES, frame)


NOTICES = """
insert into limit_readings by name
select call_id, any_value(read_at) as read_at, 'max' as provider,
       any_value(limit_window) as limit_window, any_value(request_id) as request_id,
       'rejected' as status, any_value(resets_at) as resets_at, true as is_hit,
       'transcript' as source
from _new
where call_id not in (select call_id from limit_readings where source = 'transcript')
group by call_id
"""
NOTICE_PLACES = """
insert into transcript_copies by name
select call_id, file, session_id from _new except from transcript_copies
"""


def _add_sessions(db: duckdb.DuckDBPyConnection, batch: Batch) -> None:
    names = ("session_id", "project", "cwd", "git_branch", "born_at", "is_fork")
    frame = frame_of(batch.sessions, names).with_columns(
        pl.col("born_at").str.to_datetime(TIME), pl.col("is_fork").cast(pl.Boolean)
    )
    insert(db, SESSIONS, frame)
    insert(db, TITLES, frame_of(batch.titles, ("session_id", "title", "title_rank")))


SESSIONS = """
insert or replace into session_facts by name
with told as (
    from _new
    union all by name
    select session_id, project, cwd, git_branch, born_at, is_fork, first_at, last_at, title,
           title_rank
    from session_facts where session_id in (select session_id from _new)
)
select session_id, arg_min(project, (born_at, project)) as project,
       arg_min(cwd, (born_at, cwd)) as cwd,
       arg_min(git_branch, (born_at, git_branch)) as git_branch,
       min(born_at) as born_at, bool_or(is_fork) as is_fork, min(first_at) as first_at,
       max(last_at) as last_at, max(title) as title, max(title_rank) as title_rank
from told
group by session_id
"""
TITLES = """
insert into session_facts by name
select session_id, max(title_rank) as title_rank, arg_max(title, title_rank) as title
from _new group by session_id
on conflict (session_id) do update
set title = excluded.title, title_rank = excluded.title_rank
where session_facts.title_rank is null or excluded.title_rank > session_facts.title_rank
"""


def _add_agents(db: duckdb.DuckDBPyConnection, batch: Batch) -> None:
    names = ("session_id", "agent_id", "agent_type", "parent_agent_id")
    insert(db, AGENTS, frame_of(batch.agents_told(), names))
    rows = [(*result[:3], *result.counts) for result in batch.results.values() if result.counts]
    frame = frame_of(rows, ("session_id", "agent_id", "done_at", *BUCKETS))
    frame = frame.with_columns(pl.col("done_at").cast(pl.String).str.to_datetime(TIME))
    insert(db, RESULTS, frame)


AGENTS = """
insert into agent_facts by name
select session_id, agent_id, max(agent_type) as agent_type,
       max(parent_agent_id) as parent_agent_id
from _new group by all
on conflict (session_id, agent_id) do update
set agent_type = coalesce(excluded.agent_type, agent_facts.agent_type),
    parent_agent_id = coalesce(excluded.parent_agent_id, agent_facts.parent_agent_id)
""".replace("group by all", "group by session_id, agent_id")


SIZE = ("output_tokens", *BUCKETS)
RESULTS = f"""
insert into agent_results by name from _new
on conflict (session_id, agent_id, done_at) do update
set {", ".join(f"{name} = excluded.{name}" for name in BUCKETS)}
where ({", ".join(f"excluded.{name}" for name in SIZE)})
    > ({", ".join(f"agent_results.{name}" for name in SIZE)})
"""


def _add_progress(db: duckdb.DuckDBPyConnection, batch: Batch) -> None:
    rows = [
        (file, at.bytes, at.modified_ns, at.loaded_bytes, at.head_sha256)
        for file, at in batch.progress.items()
    ]
    names = ("file", "bytes", "modified_ns", "loaded_bytes", "head_sha256")
    insert(db, PROGRESS, frame_of(rows, names))


PROGRESS = """
insert or replace into import_files by name
select _new.*, count(transcript_calls.call_id) as calls
from _new left join transcript_calls using (file)
group by all
"""
