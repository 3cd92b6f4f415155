"""What runs by the clock: it starts, it goes on whatever happens, it ends when it should."""

import logging
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from apscheduler.triggers.interval import IntervalTrigger

from dashboard.jobs import JOBS, Job, scheduler

OFTEN = IntervalTrigger(seconds=0.05)
SELDOM = IntervalTrigger(days=100)


def test_a_job_that_fails_is_one_line_and_stops_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    worked = threading.Event()
    failed: list[Path] = []

    def fail(folder: Path) -> None:
        failed.append(folder)
        if len(failed) > 2:
            worked.set()
        raise ValueError("no such zone\nand more")

    clock = scheduler([Job(name="reports", trigger=OFTEN, run=fail)], tmp_path, 0)
    with caplog.at_level(logging.ERROR, "dashboard.jobs"):
        clock.start()
        assert worked.wait(10)
        clock.shutdown()
    said = [record.getMessage() for record in caplog.records if record.name == "dashboard.jobs"]
    assert set(said) == {"reports: ValueError: no such zone"}
    assert set(failed) == {tmp_path}


def test_a_job_runs_after_the_start_though_its_hour_is_far(tmp_path: Path):
    ran = threading.Event()
    clock = scheduler([Job(name="once", trigger=SELDOM, run=lambda _: ran.set())], tmp_path, 0)
    clock.start()
    assert ran.wait(10)
    clock.shutdown()


def test_job_names_are_told_apart():
    assert len({job.name for job in JOBS}) == len(JOBS)


def test_it_ends_on_a_signal_at_once(tmp_path: Path):
    running = subprocess.Popen([sys.executable, "-m", "dashboard.jobs"], env=environ(tmp_path))
    time.sleep(3)
    assert running.poll() is None
    running.send_signal(signal.SIGTERM)
    assert running.wait(5) == 0


def test_it_ends_when_who_started_it_is_gone(tmp_path: Path):
    script = f"{sys.executable} -m dashboard.jobs & echo $!; sleep 3"
    started = subprocess.run(
        ["/bin/sh", "-c", script], env=environ(tmp_path), stdout=subprocess.PIPE, text=True
    )
    pid = int(started.stdout)
    give_up_at = time.monotonic() + 10
    while is_running(pid) and time.monotonic() < give_up_at:
        time.sleep(0.1)
    assert not is_running(pid)


def environ(folder: Path) -> dict[str, str]:
    return {**os.environ, "FAREGATE_DATA": str(folder)}


def is_running(pid: int) -> bool:
    """Also false of one that has ended and whom nobody has waited for."""
    stat = Path(f"/proc/{pid}/stat")
    try:
        return stat.read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
