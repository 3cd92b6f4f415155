"""Tools and their choice, as functions of Chat Completions."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from router.wire.chat_backends import Backend
from router.wire.chat_schema import clean
from router.wire.request import Body
from router.wire.reshape_content import is_typed_tool
from router.wire.untrusted import rows, table, word

CHOICES = {"auto": "auto", "any": "required", "none": "none"}
MARK_CHARS = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """The fields of a Chat request that are about tools, and the true names of shortened ones."""

    fields: dict[str, Any]
    names: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    refused: str | None = None


def tools_of(body: Body, backend: Backend) -> Tools:
    asked = [tool for tool in rows(body.get("tools")) if isinstance(tool, dict)]
    own = [tool for tool in asked if not is_typed_tool(tool)]
    absent = [str(tool.get("name")) for tool in asked if is_typed_tool(tool)]
    notes = (f"without {', '.join(absent)}",) if absent else ()
    choice = table(body.get("tool_choice"))
    wanted = str(choice.get("name")) if choice.get("type") == "tool" else None
    if absent and (not own or wanted in absent):
        return Tools(fields={}, notes=notes, refused=f"it does not have {', '.join(absent)}")
    if wanted and not backend.forced_tools:
        own = [tool for tool in own if tool.get("name") == wanted]
    if not own:
        return Tools(fields={}, notes=notes)
    fields = {"tools": [_function(tool, backend) for tool in own]}
    return Tools(
        fields=fields | _choice(choice, backend), names=_shortened(own, backend), notes=notes
    )


def short_name(name: str, longest: int) -> str:
    """A name as long as it may be, unlike every other that begins as it does."""
    if len(name) <= longest:
        return name
    mark = hashlib.sha256(name.encode()).hexdigest()[: MARK_CHARS - 1]
    return f"{name[: longest - MARK_CHARS]}_{mark}"


def _shortened(tools: list[dict[str, Any]], backend: Backend) -> dict[str, str]:
    names = [str(tool.get("name")) for tool in tools]
    return {
        short_name(name, backend.longest_name): name
        for name in names
        if len(name) > backend.longest_name
    }


def _function(tool: dict[str, Any], backend: Backend) -> dict[str, Any]:
    told = {"description": tool["description"]} if tool.get("description") else {}
    parameters = clean(tool.get("input_schema"), picky=backend.picky_schema)
    name = short_name(str(tool.get("name")), backend.longest_name)
    return {"type": "function", "function": {"name": name, **told, "parameters": parameters}}


def _choice(choice: dict[str, Any], backend: Backend) -> dict[str, Any]:
    """`tool_choice` and its companion; a choice that cannot be forced is left to the model."""
    kind = word(choice.get("type"))
    fields: dict[str, Any] = {}
    if kind in ("any", "tool") and not backend.forced_tools:
        kind = "auto"
    if kind == "tool":
        name = short_name(str(choice.get("name")), backend.longest_name)
        fields["tool_choice"] = {"type": "function", "function": {"name": name}}
    elif kind in CHOICES:
        fields["tool_choice"] = CHOICES[kind]
    if choice.get("disable_parallel_tool_use") is True and backend.parallel_flag:
        fields["parallel_tool_calls"] = False
    return fields
