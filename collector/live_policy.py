"""The policy in force: the data folder's file, read anew when it changes."""

import logging
import shutil
import time
from pathlib import Path

from collector.files import DEFAULTS
from router.policy import Policy, parse

LOOK_EVERY_S = 1.0

logger = logging.getLogger(__name__)


class LivePolicy:
    """`now` is the newest good policy; `fault` says what is wrong with the file, if anything."""

    def __init__(self, folder: Path) -> None:
        self.fault: str | None = None
        self._file = folder / "policy.toml"
        self._policy = Policy()
        self._seen = -1
        self._looked_at = 0.0
        if not self._file.exists():
            shutil.copyfile(DEFAULTS / "policy.toml", self._file)
        self._look()

    @property
    def now(self) -> Policy:
        if time.monotonic() - self._looked_at > LOOK_EVERY_S:
            self._look()
        return self._policy

    def _look(self) -> None:
        self._looked_at = time.monotonic()
        try:
            modified = self._file.stat().st_mtime_ns
            if modified == self._seen:
                return
            self._seen = modified
            self._policy, self.fault = parse(self._file.read_text(), self._file.name), None
            if self._policy.routes:
                logger.warning("%s has routes: they are not applied yet", self._file.name)
        except (OSError, ValueError) as error:
            fault = str(error)
            if fault != self.fault:
                logger.warning("%s; the settings before it stay in force", fault)
            self.fault = fault
