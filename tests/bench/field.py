"""Who takes part: the upstream itself, the gate, and the peers that this machine can have."""

import contextlib
import http.client
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from collector import policies
from collector.files import ROOT
from router.policy import text_of
from tests.bench import peers, process
from tests.bench.load import Target
from tests.running import running_gate

DIRECT, GATE, LITELLM, CCR = "direct", "faregate", "LiteLLM", "claude-code-router"
ROUTING = "faregate, routing"
Running = AbstractContextManager[tuple[int, int]]
PEERS: dict[str, tuple[Callable[[], str], Callable[[str, Path], Running], str]] = {
    LITELLM: (peers.litellm_version, peers.running_litellm, peers.MASTER_KEY),
    CCR: (peers.ccr_version, peers.running_ccr, peers.PROVIDER_KEY),
}


@dataclass(frozen=True, slots=True)
class Runner:
    """One of those measured; `pid` is None for the direct way."""

    name: str
    target: Target
    pid: int | None = None

    def cpu_ms(self) -> float:
        """Of the gateway's own process: what it runs beside itself does not hold up a call."""
        return process.cpu_ms(self.pid) if self.pid else 0.0


@dataclass(slots=True)
class Field:
    """The runners, ready; `absent` says why others are not."""

    upstream_port: int
    runners: list[Runner] = field(default_factory=list)
    versions: dict[str, str] = field(default_factory=dict)
    absent: dict[str, str] = field(default_factory=dict)

    def pace(self, gap_ms: int) -> None:
        asking = http.client.HTTPConnection("127.0.0.1", self.upstream_port, timeout=5)
        asking.request("GET", f"/pace/{gap_ms}")
        asking.getresponse().read()
        asking.close()


@contextlib.contextmanager
def upstream() -> Iterator[int]:
    """The port of a cheap provider in a process of its own."""
    command = [sys.executable, "-m", "tests.bench.upstream"]
    running = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE)
    assert running.stdout
    try:
        with running.stdout:
            yield int(running.stdout.readline())
    finally:
        process.stop(running)


@contextlib.contextmanager
def open_field(folder: Path, *, with_peers: bool) -> Iterator[Field]:
    """Everyone who can take part, started and waiting."""
    with ExitStack() as stack:
        port = stack.enter_context(upstream())
        url = f"http://127.0.0.1:{port}"
        gate = stack.enter_context(running_gate(url, folder / "faregate"))
        key = peers.PROVIDER_KEY
        found = Field(port, [Runner(DIRECT, Target(port, key))])
        found.runners.append(Runner(GATE, Target(gate.port, key), gate.process.pid))
        routing = stack.enter_context(running_gate(url, _routing(folder / "routing")))
        found.runners.append(Runner(ROUTING, Target(routing.port, key), routing.process.pid))
        for name in PEERS if with_peers else ():
            _let_in(name, found, stack, folder)
        yield found


def _routing(folder: Path) -> Path:
    """A data folder whose policy decides on every call, and leaves the model as asked."""
    preset = policies.preset("api").policy
    routes = {name: ("anthropic/asked",) for name in preset.routes}
    folder.mkdir(parents=True)
    policy = preset.model_copy(update={"routes": routes})
    (folder / "policy.toml").write_text(text_of(policy))
    return folder


def _let_in(name: str, found: Field, stack: ExitStack, folder: Path) -> None:
    version, running, key = PEERS[name]
    print(f"  {name}: looking, installing if absent", flush=True)
    try:
        found.versions[name] = version()
        url = f"http://127.0.0.1:{found.upstream_port}"
        port, pid = stack.enter_context(running(url, folder / name))
    except peers.NoPeerError as error:
        found.absent[name] = str(error)
        print(f"  {name} is left out: {error}", flush=True)
    else:
        found.runners.append(Runner(name, Target(port, key), pid))
