"""A fake of the servers that list models: Ollama, OpenRouter, anything with `/v1/models`.

with FakeModels(ollama(["qwen3:8b"], loaded={"qwen3:8b": 65_536})) as fake:
    ...  # talk to fake.url
"""

from collections.abc import Mapping, Sequence
from typing import Any

from tests.fakes.anthropic import FakeAnthropic, with_ids
from tests.fakes.reply import Reply, gives
from tests.fakes.wire import Seen

type Answers = Mapping[str, Any]

NOT_FOUND = gives({"error": "not found"}, 404)


def ollama(
    names: Sequence[str],
    loaded: Mapping[str, int] | None = None,
    num_ctx: Mapping[str, int] | None = None,
) -> Answers:
    """`loaded` and `num_ctx` give the context of models in memory, and as their file sets it."""
    ps = [{"name": name, "context_length": size} for name, size in (loaded or {}).items()]
    shown = {
        name: {
            "parameters": f"stop <eos>\nnum_ctx {(num_ctx or {})[name]}" if num_ctx else "",
            "model_info": {"qwen3.context_length": 262_144},
        }
        for name in names
    }
    return {
        "/api/tags": {"models": [{"name": name, "model": name} for name in names]},
        "/api/ps": {"models": ps},
        "/api/show": shown,
    }


def listing(context: Mapping[str, int | None], path: str = "/v1/models") -> Answers:
    """Models by name with the length of their context, if it is told."""
    rows = [{"id": n} | ({"context_length": size} if size else {}) for n, size in context.items()]
    return {path: {"data": rows}}


class FakeModels(FakeAnthropic):
    """Answers each path with the JSON given for it; with `needs_key`, only to that bearer."""

    def __init__(self, answers: Answers, bearer: str | None = None) -> None:
        super().__init__()
        self.answers = answers
        self.bearer = bearer

    def answer(self, seen: Seen) -> Reply:
        if self.bearer and seen.header("authorization") != f"Bearer {self.bearer}":
            return with_ids(gives({"error": "no such key"}, 401), seen)
        found = self.answers.get(seen.path.partition("?")[0])
        if isinstance(found, Reply):
            return found
        if found is not None and seen.path == "/api/show":
            found = found.get(seen.json["model"])
        return NOT_FOUND if found is None else gives(found)
