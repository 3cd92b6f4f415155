"""The commands around Claude Code itself: `claude`, `env` and `statusline`."""

import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from collector.files import data_folder
from collector.gate_file import read_gate
from dashboard import launch
from dashboard import statusline as status_line

NO_GATE = "no gate is running; start one with `faregate up`, or run `claude` as it is"
UNCHANGED = {
    "allow_extra_args": True,
    "ignore_unknown_options": True,
    "help_option_names": [],
}


def add_to(app: typer.Typer) -> None:
    app.command(context_settings=UNCHANGED)(claude)
    app.command()(env)
    app.command()(statusline)


def claude(
    context: typer.Context,
    project: Annotated[str | None, typer.Option(help="tag for the ledger")] = None,
    direct: Annotated[bool, typer.Option("--direct", help="without the gate")] = False,
    target: Annotated[str | None, typer.Option(help="provider/model for all it asks")] = None,
) -> None:
    """Run Claude Code through the gate; what follows goes to it unchanged."""
    if target and "/" not in target:
        raise ValueError(f"--target {target!r} is no target; write provider/model")
    if target and direct:
        raise ValueError("--target needs the gate; leave out --direct")
    program = launch.found_on_path("claude")
    if not program:
        raise ValueError("`claude` is not on the PATH; install Claude Code first")
    gate = read_gate(data_folder())
    if not gate and not direct and not _agrees_to_direct():
        raise typer.Exit(1)
    environ = dict(os.environ)
    if gate and not direct:
        environ |= launch.settings_for(gate, os.environ, intercept=False, project=project)
        environ |= launch.only(target) if target else {}
        _warn_of_overrides(gate)
    os.execve(program, [program, *context.args], environ)


def _agrees_to_direct() -> bool:
    print(f"faregate: {NO_GATE} (`faregate claude --direct`)", file=sys.stderr)
    return sys.stdin.isatty() and typer.confirm("Run Claude Code directly now?", err=True)


def _warn_of_overrides(gate: dict[str, Any]) -> None:
    for file, url in launch.overriding_settings(Path.home(), Path.cwd(), os.environ).items():
        if not url.startswith(gate["url"]):
            print(f"faregate: {file} sets ANTHROPIC_BASE_URL={url}, which wins", file=sys.stderr)


def env(
    shell: Annotated[str, typer.Option(help="sh, fish, powershell or json")] = "sh",
    intercept: Annotated[bool, typer.Option("--intercept", help="proxy and CA instead")] = False,
    project: Annotated[str | None, typer.Option(help="tag for the ledger")] = None,
    telemetry: Annotated[
        bool, typer.Option("--telemetry", help="instead: tell the gate, call Anthropic directly")
    ] = False,
) -> None:
    """Print the settings for a plain `claude`.

    For its status line, put {"statusLine": {"type": "command", "command": "faregate statusline"}}
    into ~/.claude/settings.json.
    """
    gate = read_gate(data_folder()) or DEFAULT_GATE | {"ca_file": str(data_folder() / CA_FILE)}
    if telemetry and intercept:
        raise ValueError("--telemetry and --intercept are two outputs; ask for one at a time")
    if telemetry:
        settings = launch.telemetry_for(gate, os.environ, project)
    else:
        settings = launch.settings_for(gate, os.environ, intercept=intercept, project=project)
    print(launch.as_shell(settings, shell))


DEFAULT_GATE = {"url": "http://127.0.0.1:4000", "intercept_url": "http://127.0.0.1:8080"}
CA_FILE = "ca/mitmproxy-ca-cert.pem"


def statusline() -> None:
    """One line for Claude Code's status line: cash today, windows, who answered; JSON on stdin."""
    status_line.main()
