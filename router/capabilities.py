"""What a call needs of a model, and what a target lacks for it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from router.call import Bill, Kind
from router.columns import Weighed
from router.cues import estimated_tokens
from router.policy_faults import ANTHROPIC_HOST, host_of
from router.policy_model import Provider, Target

OUTPUT_TOKENS = 8_000
CLAUDE_TOKENS = 200_000
LONG_CLAUDE_TOKENS = 1_000_000
LONG_CLAUDE = re.compile(
    r"claude-(?:opus|sonnet)-4[.-][6-9](?!\d)|claude-(?:opus|sonnet|fable|mythos)-[5-9]"
)
# A local server that was not told otherwise holds less than a coding session needs.
UNTOLD_LOCAL_TOKENS = 32_768
SEEING = re.compile(
    r"claude|gpt-4o|gpt-4\.1|gpt-5|gemini|grok-4|vision|pixtral|llava|minicpm-v|[-:/0-9]vl\b|gemma-?3"
    r"|llama-?4|mistral-small"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What an answering model must bring; `context_tokens` is the prompt and room to answer."""

    context_tokens: int
    tools: bool
    tool_choice: bool
    images: bool
    documents: bool
    web_search: bool
    thinking: bool


def needs_of(weighed: Weighed) -> Needs:
    facts, cues = weighed.facts, weighed.cues
    room = min(facts.max_tokens or OUTPUT_TOKENS, OUTPUT_TOKENS)
    return Needs(
        context_tokens=estimated_tokens(facts, cues) + room,
        tools=facts.tools > 0 and facts.kind is not Kind.WEB_SEARCH,
        tool_choice=facts.tool_choice in ("any", "tool") and facts.kind is not Kind.WEB_SEARCH,
        images=facts.images > 0,
        documents=cues.documents > 0,
        web_search=cues.web_search or facts.kind is Kind.WEB_SEARCH,
        thinking=facts.thinking in ("enabled", "adaptive"),
    )


def lack_of(target: Target, provider: Provider, needs: Needs) -> str | None:
    """The first need that the target does not meet, None when it meets all.

    What the policy says of a provider outranks what is known of a model by its name.
    """
    return next(_lacks(target, provider, needs), None)


def _lacks(target: Target, provider: Provider, needs: Needs) -> Iterator[str]:
    held = provider.context_tokens or _context_tokens(target, provider)
    if held and needs.context_tokens > held:
        yield f"needs {needs.context_tokens:,} tokens of context, has {held:,}"
    told = provider.capabilities
    for name, is_able in _known(target, provider).items():
        said = getattr(told, name)
        if getattr(needs, name) and not (is_able if said is None else said):
            yield f"cannot do {name}"


def _context_tokens(target: Target, provider: Provider) -> int | None:
    if "claude" in target.model:
        return LONG_CLAUDE_TOKENS if LONG_CLAUDE.search(target.model) else CLAUDE_TOKENS
    return UNTOLD_LOCAL_TOKENS if provider.bill is Bill.LOCAL else None


def _known(target: Target, provider: Provider) -> dict[str, bool]:
    """Local servers force no tool; Anthropic's web search is Anthropic's alone.

    Thinking is left out where a model has none, so it is no need unless the policy says so.
    """
    is_claude = "claude" in target.model
    return {
        "tools": True,
        "tool_choice": provider.bill is not Bill.LOCAL,
        "images": bool(SEEING.search(target.model)),
        "documents": is_claude,
        "web_search": is_claude and host_of(provider) == ANTHROPIC_HOST,
        "thinking": True,
    }
