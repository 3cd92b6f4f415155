"""Measures the import of transcripts against ccusage, on the same files and in turns.

`python -m tests.bench.import_bench [--megabytes 975] [--files 1000] [--rounds 3]`

Compared are CPU seconds (user + system), peak memory, and every token total. ccusage comes
from npm into `.cache/ccusage`; without npm only our own figures are shown.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from tests.bench.corpus import write_corpus

CACHE = Path(__file__).resolve().parent.parent.parent / ".cache"
CCUSAGE = "ccusage@20.0.24"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One program's run: what it took and what it counted (input, cache write, read, output)."""

    cpu_s: float
    wall_s: float
    peak_mb: float
    tokens: tuple[int, ...]


def measured(command: list[str], environment: dict[str, str]) -> tuple[Run, dict[str, object]]:
    """
    Raises:
        subprocess.CalledProcessError: the program failed.
    """
    began = time.perf_counter()
    program = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE)
    assert program.stdout
    said = program.stdout.read()
    _, status, used = os.wait4(program.pid, 0)
    if status:
        raise subprocess.CalledProcessError(status, command)
    told = json.loads(said)
    run = Run(
        cpu_s=used.ru_utime + used.ru_stime,
        wall_s=time.perf_counter() - began,
        peak_mb=used.ru_maxrss / (1 if sys.platform == "linux" else 1024) / 1024,
        tokens=(),
    )
    return run, told


def ours(root: Path, ledger: Path) -> Run:
    command = [sys.executable, "-m", "tests.bench.import_once", str(root), str(ledger)]
    run, told = measured(command, dict(os.environ))
    written = told["cache_write_5m_tokens"] + told["cache_write_1h_tokens"]  # type: ignore[operator]
    names = ("input_tokens", "cache_read_tokens", "output_tokens")
    counts = {name: int(str(told[name])) for name in names}
    tokens = (counts["input_tokens"], written, counts["cache_read_tokens"], counts["output_tokens"])
    return Run(cpu_s=run.cpu_s, wall_s=run.wall_s, peak_mb=run.peak_mb, tokens=tokens)


def theirs(root: Path, program: Path) -> Run:
    environment = {"CLAUDE_CONFIG_DIR": str(root), "HOME": str(CACHE), "PATH": os.environ["PATH"]}
    run, told = measured([str(program), "daily", "--json", "--offline"], environment)
    totals = told["totals"]
    assert isinstance(totals, dict)
    names = ("inputTokens", "cacheCreationTokens", "cacheReadTokens", "outputTokens")
    tokens = tuple(totals[name] for name in names)
    return Run(cpu_s=run.cpu_s, wall_s=run.wall_s, peak_mb=run.peak_mb, tokens=tokens)


def ccusage() -> Path | None:
    """ccusage's own binary, without the script that starts it; None if it cannot be had."""
    folder = CACHE / "ccusage"
    if not list(folder.glob("node_modules/@ccusage/*/bin/ccusage")) and shutil.which("npm"):
        folder.mkdir(parents=True, exist_ok=True)
        install = ["npm", "install", "--silent", "--prefix", str(folder), CCUSAGE]
        subprocess.run(install, check=False)
    found = list(folder.glob("node_modules/@ccusage/*/bin/ccusage"))
    for program in found:
        program.chmod(0o755)
    return found[0] if found else None


def corpus(megabytes: int, files: int) -> Path:
    root = CACHE / "bench" / f"transcripts-{megabytes}-{files}"
    if not (root / "done").exists():
        shutil.rmtree(root, ignore_errors=True)
        write_corpus(root, megabytes, files)
        (root / "done").touch()
    return root


def show(name: str, runs: list[Run]) -> None:
    cpu, wall = median(run.cpu_s for run in runs), median(run.wall_s for run in runs)
    peak = max(run.peak_mb for run in runs)
    print(f"{name:26} {cpu:6.2f} s CPU {wall:6.2f} s wall {peak:6.0f} MB  {runs[0].tokens}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=975)
    parser.add_argument("--files", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    root, program = corpus(asked.megabytes, asked.files), ccusage()
    first: list[Run] = []
    again: list[Run] = []
    peer: list[Run] = []
    for _ in range(asked.rounds):
        with tempfile.TemporaryDirectory() as folder:
            ledger = Path(folder) / "ledger.duckdb"
            ours(root / "nothing", ledger)  # the price list is exported once, with the first gate
            first.append(ours(root, ledger))
            again.append(ours(root, ledger))
        if program:
            peer.append(theirs(root, program))
    show("faregate import", first)
    show("faregate import, again", again)
    if peer:
        show("ccusage daily", peer)
        ratio = median(run.cpu_s for run in first) / median(run.cpu_s for run in peer)
        print(f"CPU ratio {ratio:.2f}; totals equal: {first[0].tokens == peer[0].tokens}")


if __name__ == "__main__":
    main()
