"""The gateways we compare with: brought into the ignored cache once, started as their users do."""

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import orjson

from collector.files import ROOT
from tests.asking import MODEL
from tests.bench import process
from tests.running import alone, free_port

CACHE = ROOT / ".cache" / "bench"
LITELLM, CCR = CACHE / "litellm", CACHE / "ccr"
LITELLM_PACKAGE = "litellm[proxy]==1.108.7"
CCR_PACKAGE, CCR_VERSION = "@musistudio/claude-code-router", "2.0.0"
MASTER_KEY = "sk-7f3b9d1c5e8a42b6d0a1"
PROVIDER_KEY = "sk-ant-test-0000"
INSTALL_S, START_S = 900, 90


class NoPeerError(RuntimeError):
    """This machine cannot have that gateway; the message says why."""


@alone(CACHE)
def litellm_version() -> str:
    """LiteLLM's version, installed if it has to be.

    Raises:
        NoPeerError: it cannot be installed.
    """
    python = LITELLM / "bin" / "python"
    if not (LITELLM / "bin" / "litellm").exists():
        uv = shutil.which("uv") or str(ROOT / ".uv" / "bin" / "uv")
        _run(uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(LITELLM))
        _run(uv, "pip", "install", "--quiet", "--python", str(python), LITELLM_PACKAGE)
    code = "from importlib.metadata import version; print(version('litellm'))"
    return _run(str(python), "-c", code).strip()


@alone(CACHE)
def ccr_version() -> str:
    """claude-code-router's version, installed if it has to be.

    Raises:
        NoPeerError: it cannot be installed.
    """
    if not (_ccr_folder() / "package.json").exists():
        npm = shutil.which("npm")
        if not npm:
            raise NoPeerError("npm is not installed")
        options = ("--no-audit", "--no-fund", "--loglevel=error", "--prefix", str(CCR))
        _run(npm, "install", *options, f"{CCR_PACKAGE}@{CCR_VERSION}")
    return str(json.loads((_ccr_folder() / "package.json").read_text())["version"])


@contextlib.contextmanager
def running_litellm(upstream: str, folder: Path) -> Iterator[tuple[int, int]]:
    """Its proxy's port and process: the native Messages route to one Anthropic model."""
    model = {"model": f"anthropic/{MODEL}", "api_key": PROVIDER_KEY, "api_base": upstream}
    config = {
        "model_list": [{"model_name": MODEL, "litellm_params": model}],
        "general_settings": {"master_key": MASTER_KEY},
    }
    folder.mkdir(parents=True)
    (folder / "config.yaml").write_bytes(orjson.dumps(config))  # JSON is YAML
    port = free_port()
    command = [str(LITELLM / "bin" / "litellm"), "--config", "config.yaml"]
    command += ["--host", "127.0.0.1", "--port", str(port)]
    with _started(command, folder, port, LITELLM_LOCAL_MODEL_COST_MAP="True") as pid:
        yield port, pid


@contextlib.contextmanager
def running_ccr(upstream: str, folder: Path) -> Iterator[tuple[int, int]]:
    """Its port and process: one Anthropic provider, bodies passed as they are, no log files."""
    port = free_port()
    provider = {
        "name": "bench",
        "api_base_url": f"{upstream}/v1/messages",
        "api_key": PROVIDER_KEY,
        "models": [MODEL],
        "transformer": {"use": ["Anthropic"]},
    }
    config = {"PORT": port, "HOST": "127.0.0.1", "LOG": False, "Providers": [provider]}
    home = folder / ".claude-code-router"
    home.mkdir(parents=True)
    (home / "config.json").write_bytes(
        orjson.dumps({**config, "Router": {"default": f"bench,{MODEL}"}})
    )
    command = [shutil.which("node") or "node", str(_ccr_folder() / "dist" / "cli.js"), "start"]
    with _started(command, folder, port) as pid:
        yield port, pid


@contextlib.contextmanager
def _started(command: list[str], folder: Path, port: int, **environ: str) -> Iterator[int]:
    env = {"PATH": os.environ["PATH"], "HOME": str(folder), **environ}
    log = folder / "log"
    with log.open("wb") as out:
        running = subprocess.Popen(command, env=env, cwd=folder, stdout=out, stderr=out)
    try:
        _wait_for(port, running, log)
        yield running.pid
    finally:
        process.stop(running)


def _wait_for(port: int, running: subprocess.Popen[bytes], log: Path) -> None:
    give_up_at = time.monotonic() + START_S
    while time.monotonic() < give_up_at and running.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.1)
    raise NoPeerError(f"did not start: {log.read_text()[-300:]}")


def _ccr_folder() -> Path:
    return CCR / "node_modules" / CCR_PACKAGE


def _run(*command: str) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=INSTALL_S)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NoPeerError(str(error)) from error
    if done.returncode:
        raise NoPeerError(f"{Path(command[0]).name}: {done.stderr.strip()[-300:]}")
    return done.stdout
