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
        assert worked.wait(60)
        clock.shutdown()
    said = [record.getMessage() for record in caplog.records if record.name == "dashboard.jobs"]
    assert set(said) == {"reports: ValueError: no such zone"}
    assert set(failed) == {tmp_path}


def test_a_job_runs_after_the_start_though_its_hour_is_far(tmp_path: Path):
    ran = threading.Event()
    clock = scheduler([Job(name="once", trigger=SELDOM, run=lambda _: ran.set())], tmp_path, 0)
    clock.start()
    assert ran.wait(60)
    clock.shutdown()


def test_job_names_are_told_apart():
    assert len({job.name for job in JOBS}) == len(JOBS)


def test_it_ends_on_a_signal_at_once(tmp_path: Path):
    running = subprocess.Popen([sys.executable, "-m", "dashboard.jobs"], env=environ(tmp_path))
    wait_until_ready(running.pid)
    assert running.poll() is None
    running.send_signal(signal.SIGTERM)
    assert running.wait(60) == 0


def test_it_ends_when_who_started_it_is_gone(tmp_path: Path):
    script = f"{sys.executable} -m dashboard.jobs & echo $!; read gone"
    both = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(["/bin/sh", "-c", script], env=environ(tmp_path), **both) as starter:
        assert starter.stdin and starter.stdout
        pid = int(starter.stdout.readline())
        wait_until_ready(pid)
        starter.stdin.write(b"\n")
    give_up_at = time.monotonic() + 60
    while is_running(pid) and time.monotonic() < give_up_at:
        time.sleep(0.1)
    assert not is_running(pid)


def environ(folder: Path) -> dict[str, str]:
    return {**os.environ, "FAREGATE_DATA": str(folder)}


def wait_until_ready(pid: int) -> None:
    """Until the process, just started, would hear a request to end."""
    give_up_at = time.monotonic() + 60
    while time.monotonic() < give_up_at:
        status = Path(f"/proc/{pid}/status").read_text()
        caught = int(status.partition("SigCgt:")[2].split()[0], 16)
        if caught >> (signal.SIGTERM - 1) & 1:
            return
        time.sleep(0.05)
    raise TimeoutError("it never listened for signals")


def is_running(pid: int) -> bool:
    """Also false of one that has ended and whom nobody has waited for."""
    stat = Path(f"/proc/{pid}/stat")
    try:
        return stat.read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
