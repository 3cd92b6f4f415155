"""What a process has used: CPU time and memory, of it alone or with its children."""

import os
import signal
import subprocess
from pathlib import Path

PROC = Path("/proc")


def children(pid: int) -> list[int]:
    """Every process below this one."""
    if PROC.exists():
        tasks = (PROC / str(pid) / "task").glob("*/children")
        direct = [int(child) for task in tasks for child in task.read_text().split()]
    else:
        told = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True)
        direct = [int(child) for child in told.stdout.split()]
    return [pid for child in direct for pid in (child, *children(child))]


def cpu_ms(pid: int) -> float:
    """User and system time since its start."""
    if PROC.exists():
        fields = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) * 1000 / os.sysconf("SC_CLK_TCK")
    minutes, _, seconds = _ps(pid, "time").rpartition(":")
    hours, _, minutes = minutes.rpartition(":")
    return (int(hours or 0) * 3600 + int(minutes) * 60 + float(seconds)) * 1000


def rss_mb(pid: int) -> float:
    if PROC.exists():
        pages = int((PROC / str(pid) / "statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
    return int(_ps(pid, "rss")) / 1000


def stop(process: subprocess.Popen[bytes]) -> None:
    """End it and its children, by id."""
    below = children(process.pid)
    process.terminate()
    try:
        process.wait(timeout=15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for pid in below:
        try:
            os.kill(pid, signal.SIGTERM)
        except ProcessLookupError:
            continue


def _ps(pid: int, field: str) -> str:
    told = subprocess.run(["ps", "-o", f"{field}=", "-p", str(pid)], capture_output=True, text=True)
    return told.stdout.strip()
