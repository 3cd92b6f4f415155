"""Whether a provider of the routes can do what they ask of it: reached, let in, models, context."""

import difflib
import re
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import httpx

from collector.provider_address import credential, fault_of, models_url, root_url
from router.call import Bill
from router.policy_check import SMALLEST_LOCAL_CONTEXT
from router.policy_model import ASKED, Policy, Provider
from router.wire.untrusted import count, rows, table

TIMEOUT_S = 5.0
NUM_CTX = re.compile(r"^num_ctx\s+(\d+)\s*$", re.MULTILINE)
DATED = re.compile(r"-20\d{6}$")
# Ways to buy a listed model at OpenRouter that it does not list by themselves.
WAYS = (":nitro", ":floor", ":online", ":exacto")
LENGTHS = ("context_length", "max_model_len")


class Finding(NamedTuple):
    """`verdict` is ok, warn or fail; `what` names the thing and, unless ok, the remedy."""

    verdict: str
    what: str


@dataclass(frozen=True, slots=True)
class Listed:
    """The models a provider lists, and the context of each as far as it is told (tokens)."""

    context: Mapping[str, int | None]
    is_ollama: bool = False


async def check(
    name: str,
    provider: Provider,
    models: Sequence[str],
    keys: Mapping[str, str],
    client: httpx.AsyncClient,
) -> list[Finding]:
    """What to know of a provider before a call depends on it; no key is ever in it.

    `keys` are by the variable that holds them. A provider of the client's own login is only
    reached: the login is not ours to use.
    """
    asking = _Asking(name, provider, models, keys, client)
    try:
        return [finding async for finding in asking.findings()]
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        what = f"{name} at {provider.base_url}: {fault_of(error)}; start it, or leave it to the "
        return [Finding("warn", f"{what}next target of its routes")]


def models_wanted(policy: Policy) -> dict[str, list[str]]:
    """The models that routes name, by provider; what the client asks for is not known before."""
    wanted: dict[str, list[str]] = {}
    for target in (target for route in policy.routes for target in policy.chain(route)):
        models = wanted.setdefault(target.provider, [])
        if target.model not in (ASKED, *models):
            models.append(target.model)
    return wanted


@dataclass(frozen=True, slots=True)
class _Asking:
    name: str
    provider: Provider
    models: Sequence[str]
    keys: Mapping[str, str]
    client: httpx.AsyncClient

    async def findings(self) -> AsyncIterator[Finding]:
        variable = self.provider.api_key_env
        if self.provider.auth == "client":
            await self._get(self.provider.base_url, {})
            yield Finding("ok", f"{self.name} can be reached; it takes the client's own login")
            return
        if variable and not self.keys.get(variable):
            what = f"{variable} is not set, so {self.name} is passed over"
            yield Finding("warn", f"{what}; set it where the gate is started")
            return
        answer = await self._models()
        if answer.status_code in (401, 403):
            remedy = f"check the key in {variable}" if variable else "name its key in api_key_env"
            yield Finding("fail", f"{self.name} refuses us ({answer.status_code}); {remedy}")
        elif (listed := _listed(answer)) is None:
            what = f"{self.name} answers, but lists no models ({answer.status_code})"
            yield Finding("warn", f"{what}; look yourself whether it has {self._named()}")
        else:
            for model in self.models:
                yield await self._model(model, listed)

    def _named(self) -> str:
        return ", ".join(self.models) or "those asked for"

    async def _models(self) -> httpx.Response:
        """The list of a local server in Ollama's way, if it is one, else as everybody lists."""
        headers = credential(self.provider, self.keys)
        if self.provider.bill is Bill.LOCAL:
            tags = await self._get(f"{root_url(self.provider)}/api/tags", headers)
            if tags.is_success:
                return tags
        return await self._get(f"{models_url(self.provider)}?limit=1000", headers)

    async def _get(self, url: str, headers: Mapping[str, str]) -> httpx.Response:
        return await self.client.get(url, headers=dict(headers), timeout=TIMEOUT_S)

    async def _model(self, model: str, listed: Listed) -> Finding:
        known = _known_as(model, listed)
        if known is None:
            return Finding("fail", f"{self.name} has no {model}; {_remedy(model, listed)}")
        told = await self._loaded(known) if listed.is_ollama else listed.context[known]
        return self._context(model, told, is_ollama=listed.is_ollama)

    def _context(self, model: str, held: int | None, *, is_ollama: bool) -> Finding:
        """Whether the model holds what the policy counts on, and what a coding session needs."""
        target, counted = f"{self.name}/{model}", self.provider.context_tokens
        if held is None:
            if not is_ollama:
                return Finding("ok", f"{target} is there")
            what = f"{target} is there but not loaded, so its context cannot be seen"
            return Finding("warn", f"{what}; start the server with {_ollama_setting(counted)}")
        if held < (counted or 0):
            what = f"{target} holds {held:,} tokens, context_tokens says {counted:,}"
            raise_it = f", or start it with {_ollama_setting(counted)}" if is_ollama else ""
            return Finding("fail", f"{what}; lower that in policy.toml{raise_it}")
        if held < SMALLEST_LOCAL_CONTEXT:
            what = f"{target} holds {held:,} tokens, coding needs {SMALLEST_LOCAL_CONTEXT:,}"
            return Finding("warn", f"{what}; {_larger(is_ollama)}")
        return Finding("ok", f"{target} is there, with {held:,} tokens of context")

    async def _loaded(self, model: str) -> int | None:
        """The context that Ollama gives a model: in memory now, else as its own file sets it."""
        root = root_url(self.provider)
        running = _json(await self._get(f"{root}/api/ps", {}))
        for one in map(table, rows(running.get("models"))):
            if model in (one.get("name"), one.get("model")):
                return count(one.get("context_length"))
        shown = await self.client.post(f"{root}/api/show", json={"model": model}, timeout=TIMEOUT_S)
        return _shown_context(_json(shown))


def _shown_context(shown: Mapping[str, Any]) -> int | None:
    """What the model's own file sets, or its largest where that is too small for coding."""
    told = NUM_CTX.search(str(shown.get("parameters") or ""))
    info = table(shown.get("model_info")).items()
    most = next((count(size) for name, size in info if name.endswith(".context_length")), None)
    if told:
        return min(int(told[1]), most or int(told[1]))
    return most if most and most < SMALLEST_LOCAL_CONTEXT else None


def _listed(answer: httpx.Response) -> Listed | None:
    """None where the answer is no list of models."""
    told = _json(answer)
    is_ollama = "models" in told
    listed = told.get("models") if is_ollama else told.get("data")
    if not answer.is_success or not isinstance(listed, list):
        return None
    found = map(table, listed)
    return Listed(
        {str(one.get("name" if is_ollama else "id")): _length(one) for one in found}, is_ollama
    )


def _length(one: Mapping[str, Any]) -> int | None:
    return next((size for name in LENGTHS if (size := count(one.get(name)))), None)


def _json(answer: httpx.Response) -> dict[str, Any]:
    try:
        return table(answer.json())
    except ValueError:
        return {}


def _known_as(model: str, listed: Listed) -> str | None:
    """The name under which a model is listed: without its date, or with the tag left unsaid."""
    return next((name for name in _names(model, listed.context) if name in listed.context), None)


def _names(model: str, listed: Iterable[str]) -> Iterator[str]:
    yield model
    yield f"{model}:latest"
    yield from (model.removesuffix(way) for way in WAYS if model.endswith(way))
    yield from (name for name in listed if DATED.sub("", name) == model)


def _remedy(model: str, listed: Listed) -> str:
    if listed.is_ollama:
        return f"`ollama pull {model}`"
    near = difflib.get_close_matches(model, listed.context, 1, 0.5)
    return f"did you mean {near[0]}?" if near else "name one that it lists"


def _ollama_setting(counted: int | None) -> str:
    return f"OLLAMA_CONTEXT_LENGTH={max(counted or 0, SMALLEST_LOCAL_CONTEXT)}"


def _larger(is_ollama: bool) -> str:
    return f"start it with {_ollama_setting(None)}" if is_ollama else "choose a larger model"
