"""Where Claude Code keeps its transcripts, and which of their lines are new."""

import hashlib
import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

LONGEST_LINE = 64 << 20
HEAD_BYTES = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a file was read: its size and time then, and a print of its first bytes."""

    bytes: int
    modified_ns: int
    loaded_bytes: int
    head_sha256: str | None


@dataclass(slots=True)
class Found:
    """Transcripts to read, each once; `unreadable` says of a path why it is left out."""

    files: list[str] = field(default_factory=list)
    unreadable: dict[str, str] = field(default_factory=dict)


def default_roots(environ: Mapping[str, str]) -> list[Path]:
    """The folders that Claude Code writes to: those of `CLAUDE_CONFIG_DIR`, else both it knows."""
    named = [part.strip() for part in environ.get("CLAUDE_CONFIG_DIR", "").split(",")]
    if any(named):
        return [Path(part).expanduser() for part in named if part]
    home = Path(environ.get("HOME") or Path.home())
    config = Path(environ.get("XDG_CONFIG_HOME") or home / ".config")
    return [config / "claude", home / ".claude"]


def find(paths: Iterable[Path]) -> Found:
    """Every transcript under `paths`: a file, a folder of them, or a root with `projects/`."""
    found = Found()
    files: dict[str, None] = {}
    for path in paths:
        whole = path.expanduser().resolve()
        if whole.is_dir():
            top = whole / "projects"
            files |= dict.fromkeys(_walk(top if top.is_dir() else whole, found))
        elif whole.exists():
            files[str(whole)] = None
        else:
            found.unreadable[str(path)] = "no such file or folder"
    found.files = sorted(files)
    return found


def _walk(top: Path, found: Found) -> Iterator[str]:
    def refused(error: OSError) -> None:
        found.unreadable[str(error.filename)] = error.strerror or "not readable"

    for folder, _, names in os.walk(top, onerror=refused):
        yield from (f"{folder}/{name}" for name in names if name.endswith(".jsonl"))


def is_unchanged(file: str, before: Progress | None) -> bool:
    if before is None:
        return False
    now = Path(file).stat()
    return (now.st_size, now.st_mtime_ns) == (before.bytes, before.modified_ns)


@dataclass(slots=True)
class Transcript:
    """A file being read; `loaded_bytes` is where the last whole line that was read ended."""

    file: str
    before: Progress | None
    loaded_bytes: int = 0
    complaint: str | None = None
    _bytes: int = 0
    _modified_ns: int = 0
    _head_sha256: str | None = None

    def lines(self) -> Iterator[bytes]:
        """Lines not read before, with their ends; the last may be torn and is then read again.

        A file that shrank or was replaced is read from its beginning.

        Raises:
            OSError: the file cannot be read.
        """
        now = Path(self.file).stat()
        if not stat.S_ISREG(now.st_mode):
            raise OSError(None, "not a file", self.file)
        with Path(self.file).open("rb", buffering=1 << 18) as opened:
            self._bytes, self._modified_ns = now.st_size, now.st_mtime_ns
            head = opened.read(HEAD_BYTES)
            if b"\0" in head:
                self.complaint = "not text"
                self.loaded_bytes = now.st_size
                return
            self.loaded_bytes = self._begin(head)
            opened.seek(self.loaded_bytes)
            yield from self._whole(iter(partial(opened.readline, LONGEST_LINE), b""))
        self._head_sha256 = _print_of(head[: min(HEAD_BYTES, self.loaded_bytes)])

    def _begin(self, head: bytes) -> int:
        before = self.before
        if before is None or before.loaded_bytes > self._bytes or before.bytes == self._bytes:
            return 0
        same = before.head_sha256 == _print_of(head[: min(HEAD_BYTES, before.loaded_bytes)])
        return before.loaded_bytes if same else 0

    def _whole(self, lines: Iterator[bytes]) -> Iterator[bytes]:
        for line in lines:
            if line.endswith(b"\n"):
                yield line
                self.loaded_bytes += len(line)
            elif len(line) < LONGEST_LINE:
                yield line
                return
            else:
                self.complaint = f"a line is longer than {LONGEST_LINE >> 20} MB and is left out"
                self.loaded_bytes += len(line) + _rest_of_line(lines)

    @property
    def progress(self) -> Progress:
        return Progress(
            bytes=self._bytes,
            modified_ns=self._modified_ns,
            loaded_bytes=self.loaded_bytes,
            head_sha256=self._head_sha256,
        )


def _rest_of_line(lines: Iterator[bytes]) -> int:
    passed = 0
    for part in lines:
        passed += len(part)
        if part.endswith(b"\n"):
            break
    return passed


def _print_of(head: bytes) -> str:
    return hashlib.sha256(head).hexdigest()
