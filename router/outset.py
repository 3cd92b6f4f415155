"""What a trial starts from, and the trial of a target made of it."""

import secrets
from dataclasses import dataclass

import httpx
import orjson

from router.call import Bill, Kind
from router.cues import estimated_tokens
from router.policy_model import Target
from router.reader import JSON, ChatReader, Naming, Reader, RenamingReader
from router.sending import Asked, Prepared, Sender
from router.trial import Trial
from router.wire.chat_thoughts import Thoughts
from router.wire.count import count_answer
from router.world import Plan


class Counted(Trial):
    """A count of tokens for a target that counts none: an estimate of ours, asked of nobody."""

    def __init__(self, provider: str, model: str, bill: Bill, asked: Asked) -> None:
        request = httpx.Request("POST", f"http://{provider}")
        prepared = Prepared(request=request, is_same=False, is_anthropic=False)
        super().__init__(provider, model, bill, prepared, Reader())
        self._body = orjson.dumps(count_answer(asked.parsed or {}))

    async def begin(
        self,
        client: httpx.AsyncClient,  # noqa: ARG002
        *,
        holds: bool,  # noqa: ARG002
        head_s: float | None = None,  # noqa: ARG002
    ) -> None:
        length = str(len(self._body)).encode()
        self.headers = [(b"content-type", JSON)]
        self.reader.begin(200, [*self.headers, (b"content-length", length)])
        self.held = [self.reader.feed(self._body)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outset:
    """What a trial starts from. `is_begun`: the client has had the start of a message."""

    asked: Asked
    plan: Plan
    sender: Sender
    thoughts: Thoughts
    is_begun: bool = False


def trial_of(outset: Outset, target: Target) -> Trial:
    """The trial of a target, ready to begin.

    Raises:
        RefusedError: the target lacks what the call needs, or the credential is not its own.
    """
    asked, weighed = outset.asked, outset.plan.weighed
    provider = outset.plan.policy.providers[target.provider]
    is_anthropic = outset.sender.is_anthropic(provider)
    if weighed.facts.kind is Kind.COUNT_TOKENS and not is_anthropic:
        return Counted(target.provider, target.model, provider.bill, asked)
    prepared = outset.sender.prepare(asked, target, provider, outset.thoughts)
    naming = Naming(
        asked=asked.model,
        sent=target.model,
        seed=secrets.token_hex(12),
        is_begun=outset.is_begun,
        streams=weighed.facts.stream,
        input_tokens=estimated_tokens(weighed.facts, weighed.cues),
        names=prepared.names,
    )
    trial = Trial(*target, provider.bill, prepared, reader_of(prepared, naming))
    trial.billed_by = provider
    return trial


def reader_of(prepared: Prepared, naming: Naming) -> Reader:
    if prepared.wire == "chat":
        return ChatReader(naming)
    return Reader() if prepared.is_same and not naming.is_begun else RenamingReader(naming)
