"""Brings the client from its npm packages into the ignored cache of the checkout, once."""

import shutil
import subprocess
from pathlib import Path

from tests.running import alone

CACHE = Path(__file__).resolve().parents[2] / ".cache" / "claude-code"
PACKAGE = "@anthropic-ai/claude-code"
VERSIONS = ("2.1.197", "latest")  # the one the facts were measured with, else today's
INSTALL_S = 240


class NoClientError(RuntimeError):
    """This machine cannot have the client; the message says why."""


def runs(binary: Path) -> bool:
    if not binary.exists():
        return False
    told = subprocess.run([binary, "--version"], capture_output=True, timeout=60)
    return told.returncode == 0


def fetch(npm: str, version: str, folder: Path) -> str:
    """Install into `folder`; what npm complained of, empty when it did not."""
    folder.mkdir(parents=True, exist_ok=True)
    options = ("--no-audit", "--no-fund", "--loglevel=error", "--prefix", str(folder))
    command = [npm, "install", *options, f"{PACKAGE}@{version}"]
    try:
        ran = subprocess.run(command, capture_output=True, text=True, timeout=INSTALL_S)
    except subprocess.TimeoutExpired:
        return f"npm took longer than {INSTALL_S} s"
    return "" if ran.returncode == 0 else ran.stderr.strip()[-300:] or "npm failed"


def binary_of(version: str) -> Path:
    return CACHE / version / "node_modules" / ".bin" / "claude"


@alone(CACHE)
def client_binary() -> Path:
    """The client, installed if it has to be.

    Raises:
        NoClientError: node or npm is absent, or no version could be installed and started.
    """
    if found := next((path for path in map(binary_of, VERSIONS) if runs(path)), None):
        return found
    npm = shutil.which("npm")
    if not (npm and shutil.which("node")):
        raise NoClientError("Claude Code needs node and npm, which are not installed")
    complaints = []
    for version in VERSIONS:
        complaint = fetch(npm, version, CACHE / version)
        if runs(binary_of(version)):
            return binary_of(version)
        complaints.append(complaint or f"{version} does not start")
    raise NoClientError(f"Claude Code could not be installed: {'; '.join(complaints)}")
