"""The journal: what the gate saw, in append-only files, until the ledger has it.

One JSON object a line. A segment is begun at each start of the gate and every 8 MB, so a
line torn by a kill is always the last of its segment and is never read.
"""

import logging
import os
import threading
import time
from collections import deque
from pathlib import Path
from typing import Any

import orjson

SEGMENT_BYTES = 8 << 20
SYNC_EVERY_S = 0.5
WAITING_BYTES = 64 << 20

logger = logging.getLogger(__name__)


class Journal:
    """Appends records; a disk that refuses them makes them wait in memory, up to 64 MB."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.warning: str | None = None
        self._folder = folder
        self._file = -1
        self._written = 0
        self._dirty = False
        self._full: list[int] = []
        self._waiting: deque[bytes] = deque()
        self._waiting_bytes = 0
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._syncer = threading.Thread(target=self._sync_regularly, name="journal", daemon=True)
        self._syncer.start()

    def append(self, record: dict[str, Any]) -> None:
        line = orjson.dumps(record, default=str, option=orjson.OPT_NAIVE_UTC) + b"\n"
        with self._lock:
            self._waiting.append(line)
            self._waiting_bytes += len(line)
            self._write_waiting()

    def close(self) -> None:
        self._closing.set()
        self._syncer.join()
        self._sync()
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _write_waiting(self) -> None:
        try:
            while self._waiting:
                self._write(self._waiting[0])
                self._waiting_bytes -= len(self._waiting.popleft())
        except OSError as error:
            self._warn(
                f"journal {self._folder} cannot be written ({error.strerror}); make room there"
            )
            while self._waiting_bytes > WAITING_BYTES:
                self._waiting_bytes -= len(self._waiting.popleft())
        else:
            if self.warning:
                logger.warning("journal %s is written again", self._folder)
                self.warning = None

    def _write(self, line: bytes) -> None:
        if self._file < 0 or self._written >= SEGMENT_BYTES:
            self._begin_segment()
        done = 0
        try:
            while done < len(line):
                done += os.write(self._file, line[done:])
        except OSError:
            os.ftruncate(self._file, self._written)  # half a line would spoil the next one
            raise
        self._written += len(line)
        self._dirty = True

    def _begin_segment(self) -> None:
        path = self._folder / f"{time.time_ns():020d}-{os.getpid()}.jsonl"
        flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_APPEND
        new = os.open(path, flags, 0o600)
        if self._file >= 0:
            self._full.append(self._file)
        self._file, self._written = new, 0

    def _sync_regularly(self) -> None:
        while not self._closing.wait(SYNC_EVERY_S):
            self._sync()

    def _sync(self) -> None:
        """Bring to the disk what was written; outside the lock, for it may take long."""
        with self._lock:
            if self._waiting:
                self._write_waiting()
            full, self._full = self._full, []
            dirty, self._dirty = self._dirty, False
        for file in [*full, *([self._file] if dirty else [])]:
            try:
                os.fdatasync(file)
            except OSError as error:
                logger.debug("journal not synced: %s", error)
        for file in full:
            os.close(file)

    def _warn(self, warning: str) -> None:
        if self.warning is None:
            logger.warning(warning)
        self.warning = warning
