"""Writes the tasks of some files into the ledger, in place of what these files told before."""

from collections.abc import Collection, Sequence

import duckdb
import polars as pl

from collector.signals.reading import TaskRow
from collector.transcripts.frames import TIME, frame_of, insert


def load_tasks(
    db: duckdb.DuckDBPyConnection, files: Collection[str], tasks: Sequence[TaskRow]
) -> None:
    """Within the caller's transaction, which also notes that tasks are kept from now on."""
    db.execute("insert or ignore into settings values ('tasks_kept', 'yes')")
    insert(db, FORGET, pl.DataFrame({"file": list(files)}, schema={"file": pl.String}))
    frame = frame_of(tasks, TaskRow._fields).with_columns(
        pl.col("began_at", "ended_at").str.to_datetime(TIME), pl.col("is_hard").cast(pl.Boolean)
    )
    insert(db, "insert into task_signals by name from _new", frame)


FORGET = "delete from task_signals where file in (select file from _new)"
