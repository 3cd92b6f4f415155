"""What a model thought before it called tools, kept for it until the results come back.

Claude Code sends no thinking back that another model signed or nobody did, and several
backends want theirs again with the tool results.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

MOST_THOUGHTS = 512
MOST_CHARS = 2_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Thought:
    """One turn's reasoning: its text, the provider's own details, and what came with each call.

    `details` and `extras` (by tool id) are a provider's JSON, given back as it came.
    """

    text: str = ""
    details: tuple[Any, ...] = ()
    extras: Mapping[str, Any] = field(default_factory=dict)

    @property
    def chars(self) -> int:
        parts = (*self.details, *self.extras.values())
        return len(self.text) + sum(len(str(part)) for part in parts)


@dataclass(frozen=True, slots=True)
class Thoughts:
    """Thoughts by tool id, oldest first; a value: `remember` gives a new one."""

    by_tool: Mapping[str, Thought] = field(default_factory=dict)

    def of(self, tool_ids: Iterable[str]) -> Thought | None:
        """The thought that led to the first of these calls that is known."""
        return next((self.by_tool[name] for name in tool_ids if name in self.by_tool), None)


NO_THOUGHTS = Thoughts()


def remember(thoughts: Thoughts, tool_ids: Iterable[str], thought: Thought) -> Thoughts:
    """`thoughts` and this one, the oldest forgotten beyond 512 calls or two million characters."""
    ids = tuple(tool_ids)
    if not ids or not thought.chars:
        return thoughts
    kept = {name: one for name, one in thoughts.by_tool.items() if name not in ids}
    kept |= dict.fromkeys(ids, thought)
    return Thoughts(_newest(kept))


def _newest(by_tool: dict[str, Thought]) -> dict[str, Thought]:
    kept: dict[str, Thought] = {}
    counted: set[int] = set()
    chars = 0
    for name, thought in reversed(by_tool.items()):
        chars += 0 if id(thought) in counted else thought.chars
        counted.add(id(thought))
        if len(kept) == MOST_THOUGHTS or chars > MOST_CHARS:
            break
        kept[name] = thought
    return dict(reversed(kept.items()))
