"""How a target is asked: its address, its credential, and the body in its own words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import httpx
import orjson

from router.paths import upstream_path
from router.policy_faults import ANTHROPIC_HOST
from router.policy_model import Provider, Target
from router.providers import CREDENTIALS, OAUTH_BETA, RawHeaders
from router.upstream import Upstream, request_to
from router.wire.chat_backends import BACKENDS, PLAIN, Backend
from router.wire.chat_request import chat_request
from router.wire.chat_thoughts import NO_THOUGHTS, Thoughts
from router.wire.request import Body
from router.wire.reshape import reshape
from router.wire.reshape_content import holds_unsigned
from router.wire.reshape_shapes import ENDPOINTS, shape_of

BETA = b"anthropic-beta"
OLLAMA_PORT = 11434
# What another provider needs to know of the request; sessions and machines are not its business.
TOLD_OTHERS = frozenset({b"host", b"accept", b"content-type", b"anthropic-version", b"user-agent"})
OF_THE_BODY = frozenset({b"content-length", b"content-encoding", b"accept-encoding"})


class RefusedError(ValueError):
    """This target cannot be asked this; the message says why."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A client's request as it stood on its wire, and its body as parsed, if it could be."""

    method: str
    path: bytes
    headers: RawHeaders
    body: bytes
    capture: str
    parsed: Body | None = None

    @property
    def model(self) -> str:
        named = (self.parsed or {}).get("model")
        return named if isinstance(named, str) else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A request ready to be sent. `wire` names how the answer is to be read; `is_same` that its
    bytes go back as they come, `is_anthropic` that Anthropic itself answers. `names` leads from
    shortened tool names to the true ones; `notes` say what was changed.
    """

    request: httpx.Request
    wire: str = "messages"
    is_same: bool = True
    is_anthropic: bool = True
    names: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Where Anthropic is, for this gate, and our own keys by the variable that holds them."""

    anthropic: Upstream
    keys: Mapping[str, str] = field(default_factory=dict, repr=False)

    def as_asked(self, asked: Asked) -> Prepared:
        """The client's own request, untouched, to the gate's upstream."""
        path = upstream_path(asked.path)
        return Prepared(
            request=request_to(self.anthropic, asked.method, path, asked.headers, asked.body)
        )

    def prepare(
        self, asked: Asked, target: Target, provider: Provider, thoughts: Thoughts = NO_THOUGHTS
    ) -> Prepared:
        """
        Raises:
            RefusedError: the target lacks what the call needs, or the credential is not its own.
        """
        where = self.upstream_of(provider)
        headers = self._headers(asked, target, provider)
        if provider.wire == "chat":
            return _chat(asked, target, where, headers, thoughts)
        return self._messages(asked, target, where, headers)

    def upstream_of(self, provider: Provider) -> Upstream:
        """A provider at Anthropic's own address is asked where this gate finds Anthropic."""
        where = Upstream.parse(provider.base_url)
        return self.anthropic if where.url.host == ANTHROPIC_HOST else where

    def is_anthropic(self, provider: Provider) -> bool:
        return self.upstream_of(provider) is self.anthropic

    def _messages(
        self, asked: Asked, target: Target, where: Upstream, headers: RawHeaders
    ) -> Prepared:
        is_anthropic = where is self.anthropic
        path = upstream_path(asked.path) if is_anthropic else b"/v1/messages"
        is_untouched = target.model == asked.model and not holds_unsigned(asked.body)
        if is_anthropic and is_untouched:
            return Prepared(request=request_to(where, asked.method, path, headers, asked.body))
        endpoint = "anthropic" if is_anthropic else _endpoint(target.provider, where)
        shape = shape_of(target.model, endpoint)
        fitted = reshape(
            asked.parsed or {}, target.model, answers_as=shape, betas=_betas_of(headers)
        )
        if fitted.refused:
            raise RefusedError(fitted.refused)
        raw = orjson.dumps(fitted.body)
        sent = with_body(_with_betas(headers, fitted.betas), raw)
        return Prepared(
            request=request_to(where, "POST", path, sent, raw),
            is_same=False,
            is_anthropic=is_anthropic,
            notes=fitted.notes,
        )

    def _headers(self, asked: Asked, target: Target, provider: Provider) -> RawHeaders:
        """The client's headers with the credential of the target, and of nobody else."""
        is_anthropic = self.is_anthropic(provider)
        if provider.auth == "client":
            if not is_anthropic:
                raise RefusedError(f"the client's own login is never sent to {target.provider}")
            return asked.headers
        kept = [pair for pair in asked.headers if pair[0].lower() not in CREDENTIALS]
        if is_anthropic:
            betas = [beta for beta in _betas_of(kept) if beta != OAUTH_BETA.decode()]
            return [*_with_betas(kept, betas), *self._key(target, provider, b"x-api-key", "")]
        kept = [pair for pair in kept if pair[0].lower() in TOLD_OTHERS | {BETA}]
        return kept + self._key(target, provider, b"authorization", "Bearer ")

    def _key(self, target: Target, provider: Provider, name: bytes, before: str) -> RawHeaders:
        if not provider.api_key_env:
            return []
        key = self.keys.get(provider.api_key_env)
        if not key:
            raise RefusedError(f"{provider.api_key_env} is not set, {target.provider} needs it")
        return [(name, (before + key).encode())]


def _chat(
    asked: Asked, target: Target, where: Upstream, headers: RawHeaders, thoughts: Thoughts
) -> Prepared:
    backend = _backend(target.provider, where)
    translated = chat_request(asked.parsed or {}, target.model, backend, thoughts)
    if translated.refused:
        raise RefusedError(translated.refused)
    raw = orjson.dumps(translated.body)
    sent = [pair for pair in _with_betas(headers, ()) if pair[0].lower() != b"anthropic-version"]
    return Prepared(
        request=request_to(where, "POST", b"/chat/completions", with_body(sent, raw), raw),
        wire="chat",
        is_same=False,
        is_anthropic=False,
        names=translated.names,
        notes=translated.notes,
    )


def _endpoint(name: str, where: Upstream) -> str:
    """Which Messages endpoint this is, by the provider's name, else by its address."""
    if name in ENDPOINTS:
        return name
    if where.url.port == OLLAMA_PORT:
        return "ollama"
    return next((known for known in ENDPOINTS if known in where.url.host), "messages")


def _backend(name: str, where: Upstream) -> Backend:
    if name in BACKENDS:
        return BACKENDS[name]
    if where.url.port == OLLAMA_PORT:
        return BACKENDS["ollama"]
    return next((BACKENDS[known] for known in BACKENDS if known in where.url.host), PLAIN)


def _betas_of(headers: RawHeaders) -> list[str]:
    sent = b",".join(value for name, value in headers if name.lower() == BETA)
    return [beta.strip() for beta in sent.decode("latin-1").split(",") if beta.strip()]


def _with_betas(headers: RawHeaders, betas: Sequence[str]) -> RawHeaders:
    kept = [pair for pair in headers if pair[0].lower() != BETA]
    return [*kept, (BETA, ",".join(betas).encode())] if betas else kept


def with_body(headers: RawHeaders, raw: bytes) -> RawHeaders:
    """The headers for another body, whose answer is to come unpacked: it is translated."""
    kept = [pair for pair in headers if pair[0].lower() not in OF_THE_BODY]
    length = str(len(raw)).encode()
    return [*kept, (b"accept-encoding", b"identity"), (b"content-length", length)]
