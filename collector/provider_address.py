"""Where a provider lists its models, and what it may be sent to be asked for them."""

from collections.abc import Mapping

import httpx

from router.policy_faults import ANTHROPIC_HOST, host_of
from router.policy_model import Provider

ANTHROPIC_VERSION = "2023-06-01"


def is_anthropic(provider: Provider) -> bool:
    return host_of(provider) == ANTHROPIC_HOST


def models_url(provider: Provider) -> str:
    """Where a provider of this wire lists its models."""
    return provider.base_url.rstrip("/") + ("/models" if provider.wire == "chat" else "/v1/models")


def root_url(provider: Provider) -> str:
    """The address of a local server, past the `/v1` under which it speaks Chat Completions."""
    return provider.base_url.rstrip("/").removesuffix("/v1")


def credential(provider: Provider, keys: Mapping[str, str]) -> dict[str, str]:
    """The headers with the provider's own key, if it has one; never with a client's login."""
    version = {"anthropic-version": ANTHROPIC_VERSION} if provider.wire == "messages" else {}
    key = keys.get(provider.api_key_env or "")
    if not key or provider.auth == "client":
        return version
    named = ("x-api-key", key) if is_anthropic(provider) else ("authorization", f"Bearer {key}")
    return {**version, named[0]: named[1]}


def fault_of(error: Exception) -> str:
    """Why nothing was heard, in a few words without an address."""
    if isinstance(error, httpx.TimeoutException):
        return "it does not answer in time"
    if isinstance(error, httpx.ConnectError):
        return "nothing answers there"
    return str(error).partition("\n")[0] or type(error).__name__
