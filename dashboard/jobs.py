"""What runs by the clock beside the gate, in a process of its own: neither calls nor pages wait."""

import logging
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from types import FrameType

from apscheduler.events import EVENT_JOB_ERROR, JobExecutionEvent
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from collector.files import data_folder
from dashboard import alerts

FIRST_AFTER_S = 60.0  # the import of past history has usually ended by then
LOOK_EVERY_S = 1.0

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Runs once `FIRST_AFTER_S` after the start, and then when `trigger` says, never beside itself.

    `run` gets the data folder, finds out by itself what it has missed, and raises what it likes.
    """

    name: str
    trigger: BaseTrigger
    run: Callable[[Path], None]


def _write_due_reports(folder: Path) -> None:
    from dashboard.report.schedule import write_due  # large, and not needed until it runs

    write_due(folder)


JOBS: tuple[Job, ...] = (
    Job(name="alerts", trigger=IntervalTrigger(seconds=60), run=alerts.look),
    # Every hour looks whether one is due: a clock that slept over the first is caught up.
    Job(name="reports", trigger=CronTrigger(minute=10), run=_write_due_reports),
)


def scheduler(
    jobs: Sequence[Job], folder: Path, first_after_s: float = FIRST_AFTER_S
) -> BackgroundScheduler:
    """A scheduler that is not started yet. Runs missed in sleep are made up by one."""
    clock = BackgroundScheduler(
        job_defaults={"coalesce": True, "misfire_grace_time": None, "max_instances": 1},
    )
    first_at = datetime.now().astimezone() + timedelta(seconds=first_after_s)
    for job in jobs:
        clock.add_job(job.run, job.trigger, [folder], id=job.name, next_run_time=first_at)
    clock.add_listener(_failed, EVENT_JOB_ERROR)
    return clock


def _failed(event: JobExecutionEvent) -> None:
    why = (str(event.exception).splitlines() or [""])[0]
    logger.error("%s: %s: %s", event.job_id, type(event.exception).__name__, why)


def run(jobs: Sequence[Job] = JOBS) -> None:
    """Run jobs until a signal, or until whoever started us is gone."""
    logging.basicConfig(format="%(asctime)s %(message)s", level=logging.INFO)
    logging.getLogger("apscheduler").setLevel(logging.CRITICAL)  # it would add a traceback
    starter = os.getppid()
    for stop in (signal.SIGINT, signal.SIGTERM):
        signal.signal(stop, _stop)
    clock = scheduler(jobs, data_folder())
    clock.start()
    while os.getppid() == starter:
        time.sleep(LOOK_EVERY_S)
    clock.shutdown(wait=False)


def _stop(_signal: int, _frame: FrameType | None) -> None:
    sys.exit(0)


if __name__ == "__main__":
    os.umask(0o077)
    run()
