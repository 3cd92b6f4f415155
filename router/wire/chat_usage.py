"""Tokens and endings of Chat Completions, in the words of the Messages API.

Source: https://platform.openai.com/docs/api-reference/chat/object, and what DeepSeek,
OpenRouter, vLLM and Mistral send in the same places.
"""

from typing import Any

from router.wire.untrusted import count, table

STOP_REASONS = {
    "stop": "end_turn",
    "eos": "end_turn",
    "end_turn": "end_turn",
    "length": "max_tokens",
    "model_length": "max_tokens",
    "max_tokens": "max_tokens",
    "tool_calls": "tool_use",
    "tool_use": "tool_use",
    "function_call": "tool_use",
    "content_filter": "refusal",
    "safety": "refusal",
    "refusal": "refusal",
    "stop_sequence": "stop_sequence",
}
FAILED = frozenset({"error", "insufficient_system_resource", "network_error"})


def stopped(
    finish: str, met: str | None, *, called_tools: bool, was_refused: bool
) -> tuple[str, str | None]:
    """The stop reason, and the stop sequence if one was met.

    `met` is what vLLM says of it. An unknown finish is an end of the turn.
    """
    if was_refused:
        return "refusal", None
    reason = STOP_REASONS.get(finish.lower(), "end_turn")
    if reason in ("end_turn", "tool_use"):
        reason = "tool_use" if called_tools else "end_turn"
    if reason == "end_turn" and met:
        return "stop_sequence", met
    return reason, met if reason == "stop_sequence" else None


def usage_of_chat(said: object) -> dict[str, Any] | None:
    """A Messages `usage`: input without what the cache gave; None where nothing was counted."""
    usage = table(said)
    prompt, output = count(usage.get("prompt_tokens")), count(usage.get("completion_tokens"))
    if not prompt and not output:
        return None
    read, written = _cached(usage)
    read = min(read, prompt or 0)
    written = min(written, (prompt or 0) - read)
    told: dict[str, Any] = {
        "input_tokens": (prompt or 0) - read - written,
        "cache_creation_input_tokens": written,
        "cache_read_input_tokens": read,
        "output_tokens": output or 0,
    }
    return told | ({"cost": usage["cost"]} if isinstance(usage.get("cost"), int | float) else {})


def _cached(usage: dict[str, Any]) -> tuple[int, int]:
    """Prompt tokens read from and written to a cache; both are part of `prompt_tokens`."""
    details = table(usage.get("prompt_tokens_details"))
    read = count(details.get("cached_tokens")) or count(usage.get("prompt_cache_hit_tokens"))
    return read or 0, count(details.get("cache_write_tokens")) or 0
