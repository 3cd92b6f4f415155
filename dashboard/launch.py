"""The environment in which Claude Code goes through the gate."""

import json
import os
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

HAIKU = "claude-haiku-4-5-20251001"
LOOPBACK = ("127.0.0.1", "localhost")
TOKEN_HEADER = "x-faregate-token"


def settings_for(
    gate: Mapping[str, Any], environ: Mapping[str, str], *, intercept: bool, project: str | None
) -> dict[str, str]:
    """What to set for Claude Code. Never a key or a token: a plan login stays as it is.

    Source of the names: https://code.claude.com/docs/en/llm-gateway
    """
    if intercept:
        return {"HTTPS_PROXY": gate["intercept_url"], "NODE_EXTRA_CA_CERTS": gate["ca_file"]}
    tag = f"/{quote(project, safe='')}" if project else ""
    settings = {
        "ANTHROPIC_BASE_URL": f"{gate['url']}{tag}",
        "ENABLE_TOOL_SEARCH": "true",
        "ANTHROPIC_DEFAULT_HAIKU_MODEL": environ.get("ANTHROPIC_DEFAULT_HAIKU_MODEL", HAIKU),
        "NO_PROXY": _extended(environ.get("NO_PROXY") or environ.get("no_proxy") or ""),
    }
    settings["no_proxy"] = settings["NO_PROXY"]
    if token := environ.get("FAREGATE_TOKEN"):
        settings["ANTHROPIC_CUSTOM_HEADERS"] = _with_token(
            environ.get("ANTHROPIC_CUSTOM_HEADERS", ""), token
        )
    return settings


def telemetry_for(
    gate: Mapping[str, Any], environ: Mapping[str, str], project: str | None
) -> dict[str, str]:
    """What makes Claude Code tell the gate of its requests; prompts stay out of it.

    Source of the names: https://code.claude.com/docs/en/monitoring-usage
    """
    tag = f"/{quote(project, safe='')}" if project else ""
    settings = {
        "CLAUDE_CODE_ENABLE_TELEMETRY": "1",
        "OTEL_LOGS_EXPORTER": "otlp",
        "OTEL_EXPORTER_OTLP_PROTOCOL": "http/json",
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"{gate['url']}{tag}",
        "NO_PROXY": _extended(environ.get("NO_PROXY") or environ.get("no_proxy") or ""),
    }
    settings["no_proxy"] = settings["NO_PROXY"]
    if token := environ.get("FAREGATE_TOKEN"):
        settings["OTEL_EXPORTER_OTLP_HEADERS"] = f"{TOKEN_HEADER}={quote(token, safe='')}"
    return settings


def only(target: str) -> dict[str, str]:
    """What makes Claude Code ask for one target with all it does.

    Source of the names: https://code.claude.com/docs/en/model-config
    """
    roles = ("OPUS", "SONNET", "HAIKU")
    models = {f"ANTHROPIC_DEFAULT_{role}_MODEL": target for role in roles}
    return {"ANTHROPIC_MODEL": target, "CLAUDE_CODE_SUBAGENT_MODEL": target, **models}


def as_shell(settings: Mapping[str, str], shell: str) -> str:
    """
    Raises:
        ValueError: `shell` is none of sh, fish, powershell, json.
    """
    if shell == "json":
        return json.dumps(settings, indent=2)
    if shell not in LINES:
        raise ValueError(f"unknown shell {shell!r}; known are {', '.join([*LINES, 'json'])}")
    return "\n".join(LINES[shell](name, value) for name, value in settings.items())


LINES = {
    "sh": lambda name, value: f"export {name}={shlex.quote(value)}",
    "fish": lambda name, value: f"set -gx {name} {_fish(value)}",
    "powershell": lambda name, value: f"$env:{name} = {_powershell(value)}",
}


def overriding_settings(home: Path, folder: Path, environ: Mapping[str, str]) -> dict[Path, str]:
    """Claude Code settings files whose `env` sets a base URL, which wins over the shell's."""
    config = Path(environ.get("CLAUDE_CONFIG_DIR", home / ".claude"))
    candidates = [
        config / "settings.json",
        folder / ".claude" / "settings.json",
        folder / ".claude" / "settings.local.json",
    ]
    found = {file: base_url_in(file) for file in candidates}
    return {file: url for file, url in found.items() if url}


def base_url_in(file: Path) -> str | None:
    try:
        env = json.loads(file.read_text()).get("env", {})
        return str(env["ANTHROPIC_BASE_URL"])
    except (OSError, ValueError, KeyError, AttributeError, TypeError):
        return None


def own_proxy_removed(environ: Mapping[str, str], intercept_port: int) -> dict[str, str]:
    """`environ` without proxy variables that lead back into this gate, which would never arrive."""
    own = {f"http://{host}:{intercept_port}" for host in LOOPBACK}
    names = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
    loops = {name for name in environ if name.upper() in names and environ[name].rstrip("/") in own}
    return {name: value for name, value in environ.items() if name not in loops}


def found_on_path(program: str) -> str | None:
    for folder in os.environ.get("PATH", "").split(os.pathsep):
        file = Path(folder) / program
        if file.is_file() and os.access(file, os.X_OK):
            return str(file)
    return None


def _extended(no_proxy: str) -> str:
    named = [host.strip() for host in no_proxy.split(",") if host.strip()]
    return ",".join([*named, *(host for host in LOOPBACK if host not in named)])


def _with_token(headers: str, token: str) -> str:
    others = [line for line in headers.splitlines() if not line.lower().startswith(TOKEN_HEADER)]
    return "\n".join([*others, f"{TOKEN_HEADER}: {token}"])


def _fish(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _powershell(value: str) -> str:
    escaped = value.replace("'", "''")
    return f"'{escaped}'"
