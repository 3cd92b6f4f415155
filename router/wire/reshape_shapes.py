"""What each model and each Messages endpoint accepts: the table that re-shaping reads.

Source: https://platform.claude.com/docs/en/build-with-claude/adaptive-thinking, …/effort and
the migration guide of each model; the endpoints' own documentation and source.
"""

import re
from dataclasses import dataclass, replace

ADAPTIVE, ENABLED, DISABLED, BETWEEN_TOOLS = "adaptive", "enabled", "disabled", "between_tools"

LOW_TO_HIGH = ("low", "medium", "high")
WITHOUT_XHIGH = (*LOW_TO_HIGH, "max")
ALL_EFFORTS = (*LOW_TO_HIGH, "xhigh", "max")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What a target accepts in a Messages body. `claude()` and `ENDPOINTS` hold the known ones.

    `most_tokens` caps `max_tokens`, None: no cap is known. `thinking` are the accepted types
    of `thinking`, empty: the field is left out; `thinks_unasked`: it thinks when the field is
    absent. `efforts` are in rising order, empty: no `output_config.effort`. `mid_system`:
    messages of role `system`. `prefill`: the last message may be the assistant's.
    `checks_signatures`: thinking without a valid signature is refused. `cache` is `full`,
    `plain` (no `scope`) or `none`. `betas` is `all`, `features` (none of a login) or `none`.
    `drops` are top-level fields to leave out; fields that nobody knows pass.
    """

    most_tokens: int | None = None
    thinking: frozenset[str] = frozenset()
    thinks_unasked: bool = False
    efforts: tuple[str, ...] = ()
    formats: bool = True
    mid_system: bool = True
    sampling: bool = True
    forced_tools: bool = True
    tool_choice: bool = True
    prefill: bool = True
    long_context_beta: bool = False
    fast: bool = False
    checks_signatures: bool = True
    anthropic_tools: bool = True
    context_management: bool = True
    cache: str = "full"
    betas: str = "all"
    billing: bool = True
    url_images: bool = True
    documents: bool = True
    drops: frozenset[str] = frozenset()


_ALWAYS = frozenset({ADAPTIVE})
_OPTIONAL = frozenset({ADAPTIVE, DISABLED})
_EITHER = frozenset({ADAPTIVE, ENABLED, DISABLED})
_BUDGETED = frozenset({ENABLED, DISABLED})

_CURRENT = Shape(
    most_tokens=128_000,
    thinking=_OPTIONAL,
    thinks_unasked=True,
    efforts=ALL_EFFORTS,
    sampling=False,
    prefill=False,
    long_context_beta=True,
)
_ALWAYS_THINKING = replace(_CURRENT, thinking=_ALWAYS, forced_tools=False)
_V4_7 = replace(_CURRENT, thinks_unasked=False, mid_system=False)
_V4_6 = replace(
    _V4_7, thinking=_EITHER, efforts=WITHOUT_XHIGH, sampling=True, prefill=False, fast=True
)
_V4_5 = Shape(most_tokens=64_000, thinking=_BUDGETED, mid_system=False)
_V3 = Shape(
    most_tokens=8_192,
    mid_system=False,
    formats=False,
    context_management=False,
    anthropic_tools=True,
)

# The newest row not newer than a model is its row: what comes next is taken to be like it.
CLAUDE: dict[str, tuple[tuple[tuple[int, int], Shape], ...]] = {
    "fable": (((5, 0), _ALWAYS_THINKING),),
    "mythos": (((5, 0), _ALWAYS_THINKING),),
    "opus": (
        ((3, 0), replace(_V3, most_tokens=4_096)),
        ((4, 0), replace(_V4_5, most_tokens=32_000, formats=False)),
        ((4, 1), replace(_V4_5, most_tokens=32_000)),
        ((4, 5), replace(_V4_5, efforts=LOW_TO_HIGH)),
        ((4, 6), _V4_6),
        ((4, 7), replace(_V4_7, fast=True)),
        ((4, 8), replace(_V4_7, mid_system=True, fast=True)),
        ((5, 0), replace(_CURRENT, fast=True)),
        ((5, 5), _ALWAYS_THINKING),
    ),
    "sonnet": (
        ((3, 0), replace(_V3, most_tokens=4_096)),
        ((3, 5), _V3),
        ((3, 7), replace(_V3, most_tokens=64_000, thinking=_BUDGETED)),
        ((4, 0), replace(_V4_5, long_context_beta=True, formats=False)),
        ((4, 5), _V4_5),
        ((4, 6), replace(_V4_6, fast=False)),
        ((5, 0), _CURRENT),
        (
            (5, 5),
            replace(_CURRENT, thinking=frozenset({ADAPTIVE, BETWEEN_TOOLS}), forced_tools=False),
        ),
    ),
    "haiku": (
        ((3, 0), replace(_V3, most_tokens=4_096)),
        ((3, 5), _V3),
        ((4, 5), _V4_5),
        ((5, 5), _CURRENT),
    ),
}

_ELSEWHERE = Shape(
    most_tokens=None,
    thinking=_BUDGETED,
    formats=False,
    mid_system=False,
    checks_signatures=False,
    anthropic_tools=False,
    context_management=False,
    cache="none",
    betas="none",
    billing=False,
    drops=frozenset({"metadata", "service_tier", "container", "mcp_servers"}),
)

ENDPOINTS: dict[str, Shape] = {
    "ollama": replace(
        _ELSEWHERE, tool_choice=False, forced_tools=False, url_images=False, documents=False
    ),
    "openrouter": replace(
        _ELSEWHERE,
        thinking=_EITHER,
        efforts=ALL_EFFORTS,
        formats=True,
        mid_system=True,
        cache="plain",
        drops=frozenset({"metadata"}),
    ),
    "litellm": replace(_ELSEWHERE, efforts=()),
    "messages": _ELSEWHERE,
}

_FAMILY = re.compile(
    r"claude-(?:(?P<before>\d(?:[-.]\d{1,2})?)-)?(?P<family>fable|mythos|opus|sonnet|haiku)"
    r"(?:-(?P<after>\d(?:[-.]\d{1,2})?))?(?!\d)"
)
_SUFFIX = re.compile(r"(?:\[1m\]|-latest|[-@]20\d{6}|-v\d+(?::\d+)?)+$")
LONG = "[1m]"


def claude(model: str) -> Shape | None:
    """The shape of a Claude model by any spelling of its id; None for every other model."""
    named = _family_and_version(model)
    if named is None:
        return None
    family, version = named
    rows = [shape for since, shape in CLAUDE[family] if since <= version]
    return rows[-1] if rows else CLAUDE[family][0][1]


def shape_of(model: str, endpoint: str = "anthropic") -> Shape:
    """What `model` accepts at an endpoint: `anthropic` or one of `ENDPOINTS`.

    A model that Anthropic serves and nobody knows is taken for a current one, as Claude
    Code takes it.
    Raises:
        KeyError: no endpoint of that name.
    """
    known = claude(model)
    if endpoint == "anthropic":
        return known or _CURRENT
    there = ENDPOINTS[endpoint]
    return _both(known, there) if known else there


def _both(model: Shape, there: Shape) -> Shape:
    """A Claude model at another endpoint: the model's own limits, and what the endpoint lacks."""
    return replace(
        model,
        mid_system=model.mid_system and there.mid_system,
        tool_choice=there.tool_choice,
        fast=False,
        cache="plain",
        betas="features",
        billing=False,
        documents=there.documents,
        url_images=there.url_images,
        context_management=model.context_management and there.cache == "plain",
        anthropic_tools=there.cache == "plain",
        drops=there.drops,
    )


def plain_name(model: str) -> str:
    """A model id without vendor, date and window: what two spellings of one model share."""
    name = _SUFFIX.sub("", model.strip().lower().rpartition("/")[2])
    if found := _family_and_version(name):
        family, (major, minor) = found
        return f"claude-{family}-{major}-{minor}"
    return name


def same_model(one: str, other: str) -> bool:
    """Whether two ids name one model. A tag such as `:free` makes another of it."""
    return plain_name(one) == plain_name(other)


def _family_and_version(model: str) -> tuple[str, tuple[int, int]] | None:
    found = _FAMILY.search(model.lower())
    if found is None:
        return None
    number = found["after"] or found["before"]
    if number is None:
        return found["family"], (9, 9)
    major, _, minor = number.replace(".", "-").partition("-")
    return found["family"], (int(major), int(minor or 0))
