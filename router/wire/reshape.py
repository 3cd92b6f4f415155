"""A Messages body made to fit another model or another Messages endpoint.

Source: requests of Claude Code for each model family, and each endpoint's documentation.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from router.wire.request import Body, blocks_of
from router.wire.reshape_content import (
    each_block,
    folded,
    format_text,
    is_typed_tool,
    known_block,
    without_billing,
    without_cache,
    without_digest,
    without_thoughts,
)
from router.wire.reshape_shapes import DISABLED, LONG, Shape, same_model
from router.wire.reshape_thinking import OFF, effort_for, thinking_for, thinks
from router.wire.untrusted import count, rows, table, word

SAMPLING = ("temperature", "top_p", "top_k")
LOGIN_BETAS = ("claude-code-", "oauth-")
LONG_CONTEXT = "context-1m-2025-08-07"
EFFORT = "effort-2025-11-24"
TOOL_FIELDS = ("name", "description", "input_schema")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reshaped:
    """A body for its target. `betas` are those of the `anthropic-beta` header, none: no header.

    `notes` say what was changed, for people. `refused` says why this target cannot take
    the call at all; the body is not to be sent then.
    """

    body: Body
    betas: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    refused: str | None = None


def reshape(body: Body, model: str, *, answers_as: Shape, betas: Sequence[str] = ()) -> Reshaped:
    """`body` as `model` can take it; the given body is left as it was.

    `betas` are those the client sent; `[1m]` at the end of `model` asks for the long window.
    """
    name = model.removesuffix(LONG)
    draft = _Draft(body, name, answers_as)
    for step in STEPS:
        step(draft)
    wanted = [*betas, LONG_CONTEXT] if model.endswith(LONG) else list(betas)
    return Reshaped(
        body=draft.body,
        betas=_betas(wanted, draft),
        notes=tuple(draft.notes),
        refused=draft.refused,
    )


class _Draft:
    """A body on its way, what was done to it, and whether it can be sent."""

    def __init__(self, asked: Body, model: str, shape: Shape) -> None:
        self.asked = asked
        self.body: Body = {**asked, "model": model}
        self.shape = shape
        self.is_same = same_model(str(asked.get("model")), model)
        self.notes: list[str] = []
        self.refused: str | None = None

    def drop(self, *names: str) -> None:
        for name in names:
            if self.body.pop(name, None) is not None:
                self.notes.append(f"without {name}")

    def put(self, name: str, value: Any) -> None:
        """Set a field, or leave it out for None; noted where that changes it."""
        if value is None:
            self.drop(name)
        elif self.body.get(name) != value:
            self.body[name] = value
            self.notes.append(f"{name} changed")


def _drop_fields(draft: _Draft) -> None:
    draft.drop(*sorted(draft.shape.drops & draft.body.keys()))
    if not draft.shape.fast:
        draft.drop("speed")


def _cap_tokens(draft: _Draft) -> None:
    asked, most = count(draft.body.get("max_tokens")), draft.shape.most_tokens
    if asked is not None and most is not None and asked > most:
        draft.put("max_tokens", most)


def _set_thinking(draft: _Draft) -> None:
    most = count(draft.body.get("max_tokens"))
    thinking = thinking_for(draft.asked, draft.shape, most)
    draft.put("thinking", thinking)
    config = dict(table(draft.body.get("output_config")))
    effort = effort_for(draft.asked, draft.shape, thinking)
    config |= {"effort": effort} if effort else {}
    if not effort:
        config.pop("effort", None)
    draft.put("output_config", config or None)


def _fit_format(draft: _Draft) -> None:
    """What an answer must look like, in words where the target cannot be bound to it."""
    config = table(draft.body.get("output_config"))
    if draft.shape.formats or "format" not in config:
        return
    draft.put("output_config", {k: v for k, v in config.items() if k != "format"} or None)
    wish = {"type": "text", "text": format_text(config["format"])}
    draft.put("system", [*blocks_of(draft.body.get("system")), wish])


def _manage_context(draft: _Draft) -> None:
    """Thinking can be cleared from the context only by a call that thinks."""
    management = draft.body.get("context_management")
    if management is None:
        return
    edits = rows(table(management).get("edits"))
    if table(draft.body.get("thinking")).get("type") in OFF or thinks(draft.asked) is False:
        edits = [e for e in edits if not str(table(e).get("type")).startswith("clear_thinking")]
    kept = {**table(management), "edits": edits} if edits else None
    draft.put("context_management", kept if draft.shape.context_management else None)


def _set_sampling(draft: _Draft) -> None:
    """A model that thinks knows no temperature but 1."""
    thinking = table(draft.body.get("thinking")).get("type")
    is_thinking = thinking is not None and thinking not in OFF
    if not draft.shape.sampling or (is_thinking and draft.shape.checks_signatures):
        draft.drop(*SAMPLING)


def _fit_system(draft: _Draft) -> None:
    if draft.body.get("system") is None:
        return
    fit = without_digest if draft.shape.billing else without_billing
    system = fit(draft.body["system"])
    if isinstance(system, list):
        system = [_uncached(block, draft.shape.cache) for block in system]
    draft.put("system", system or None)


def _fit_messages(draft: _Draft) -> None:
    messages = rows(draft.body.get("messages"))
    if not draft.shape.mid_system:
        messages = folded(messages)
    draft.body["messages"] = each_block(messages, partial(_fit_block, draft))
    if draft.body["messages"] != rows(draft.asked.get("messages")):
        draft.notes.append("messages changed")
    last = table(next(reversed(draft.body["messages"]), None))
    if last.get("role") == "assistant" and not draft.shape.prefill:
        draft.refused = "it does not go on with an answer that was begun for it"


def _fit_block(draft: _Draft, block: dict[str, Any]) -> dict[str, Any] | None:
    shape = draft.shape
    known = without_thoughts(
        block,
        keep_signed=draft.is_same,
        keep_unsigned=draft.is_same and not shape.checks_signatures,
    )
    known = known_block(known, shape) if known else None
    return without_cache(known, shape.cache) if known else None


def _fit_tools(draft: _Draft) -> None:
    tools = draft.body.get("tools")
    if not isinstance(tools, list):
        return
    kept = [_uncached(tool, draft.shape.cache) for tool in tools]
    if not draft.shape.anthropic_tools:
        kept = [_plain_tool(tool) for tool in kept if not is_typed_tool(tool)]
    if tools and not kept:
        draft.refused = f"it does not have {_names(tools)}"
    draft.put("tools", kept or (None if tools else []))


def _fit_choice(draft: _Draft) -> None:
    choice = table(draft.body.get("tool_choice"))
    kind, name = word(choice.get("type")), word(choice.get("name"))
    if kind == "tool" and name not in _tool_names(draft):
        draft.refused = f"it does not have {name}"
    if not choice or (draft.shape.tool_choice and kind in ("auto", "none")):
        return
    if draft.shape.tool_choice and draft.shape.forced_tools:
        _think_less(draft)
        return
    if kind == "none":
        draft.drop("tools")
    if kind == "tool":
        only = [t for t in rows(draft.body.get("tools")) if table(t).get("name") == name]
        draft.put("tools", only)
    draft.put("tool_choice", {"type": "auto"} if draft.shape.tool_choice else None)


def _tool_names(draft: _Draft) -> list[Any]:
    return [table(tool).get("name") for tool in rows(draft.body.get("tools"))]


def _think_less(draft: _Draft) -> None:
    """A tool cannot be forced on a model that thinks, as current ones do unasked."""
    if thinks(draft.asked) is None and draft.shape.thinks_unasked:
        draft.put("thinking", {"type": DISABLED})


STEPS = (
    _drop_fields,
    _cap_tokens,
    _set_thinking,
    _fit_format,
    _manage_context,
    _set_sampling,
    _fit_system,
    _fit_messages,
    _fit_tools,
    _fit_choice,
)


def _uncached(block: Any, cache: str) -> Any:
    return without_cache(block, cache) if isinstance(block, dict) else block


def _plain_tool(tool: Any) -> Any:
    fields = table(tool)
    return {name: fields[name] for name in TOOL_FIELDS if name in fields}


def _names(tools: list[Any]) -> str:
    return ", ".join(str(table(tool).get("name")) for tool in tools)


def _betas(sent: list[str], draft: _Draft) -> tuple[str, ...]:
    """The betas to send, each with the body field it belongs to, in the order they came."""
    shape = draft.shape
    if shape.betas == "none":
        return ()
    kept = dict.fromkeys(beta.strip() for beta in sent if beta.strip())
    if kept and not any(beta.startswith("effort-") for beta in kept):
        kept[EFFORT] = None
    if shape.betas == "features":
        kept = {beta: None for beta in kept if not beta.startswith(LOGIN_BETAS)}
    absent = tuple(prefix for prefix, needs in NEEDED.items() if not needs(draft))
    return tuple(beta for beta in kept if not beta.startswith(absent))


NEEDED: dict[str, Callable[[_Draft], bool]] = {
    "mid-conversation-system-": lambda draft: draft.shape.mid_system,
    "effort-": lambda draft: "effort" in table(draft.body.get("output_config")),
    "structured-outputs-": lambda draft: "format" in table(draft.body.get("output_config")),
    "context-management-": lambda draft: draft.shape.context_management,
    "context-1m-": lambda draft: draft.shape.long_context_beta,
    "interleaved-thinking-": lambda draft: bool(draft.shape.thinking),
    "redact-thinking-": lambda draft: bool(draft.shape.thinking),
    "thinking-token-count-": lambda draft: bool(draft.shape.thinking),
    "prompt-caching-scope-": lambda draft: draft.shape.cache == "full",
    "extended-cache-ttl-": lambda draft: draft.shape.cache != "none",
    "advanced-tool-use-": lambda draft: draft.shape.anthropic_tools,
    "fallback-credit-": lambda draft: draft.is_same,
    "fast-mode-": lambda draft: draft.shape.fast,
}
