"""A small model asked how hard a call is, where the score is in doubt; the asking is recorded."""

import asyncio
import contextlib
import logging
import secrets
import time
from dataclasses import replace
from datetime import UTC, datetime
from math import log

import httpx
import orjson

from collector.recorder import Recorder
from router.call import Call, Facts, Kind
from router.classify import complexity_of, question_for
from router.columns import Weighed
from router.complexity import Term
from router.outset import reader_of
from router.policy_model import Policy, target_of
from router.reader import Naming
from router.sending import Asked, RefusedError, Sender, with_body
from router.trial import Trial
from router.wire.request import last_human_text

REASON = "asked how hard a call is"
TERM = "classifier"

logger = logging.getLogger(__name__)


class Classifier:
    """Asks with `reweighed`; whatever goes wrong leaves the score as it was."""

    def __init__(self, client: httpx.AsyncClient, recorder: Recorder) -> None:
        self._client = client
        self._recorder = recorder

    async def reweighed(
        self, weighed: Weighed, asked: Asked, policy: Policy, sender: Sender
    ) -> Weighed:
        """The call with the small model's word in its score, as a term of its own."""
        try:
            trial = _trial(asked, policy, sender)
        except RefusedError as error:
            logger.info("the classifier was not asked: %s", error)
            return weighed
        began = time.perf_counter()
        timeout_s = policy.classifier.timeout_ms / 1000
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(timeout_s):
                    await trial.begin(self._client, holds=True)
            value = complexity_of(b"".join(trial.held), policy) if trial.is_good else None
        finally:
            await trial.close()
        self._record(trial, weighed.facts, (time.perf_counter() - began) * 1000)
        return weighed if value is None else _with_word(weighed, value)

    def _record(self, trial: Trial, facts: Facts, took_ms: float) -> None:
        attempt = trial.attempt(1)
        kept = Facts(
            kind=Kind.OTHER,
            project=facts.project,
            session_id=facts.session_id,
            agent_id=facts.agent_id,
            asked_model=attempt.model,
        )
        call = Call(
            call_id=f"ask_{time.time_ns():x}{secrets.token_hex(4)}",
            asked_at=datetime.now(UTC).replace(tzinfo=None),
            facts=kept,
            attempts=(attempt,),
            reason=REASON,
            result=attempt.result,
            status=attempt.status,
            duration_ms=round(took_ms, 3),
            request_id=trial.request_id,
        )
        self._recorder.ended(call)


def _trial(asked: Asked, policy: Policy, sender: Sender) -> Trial:
    """
    Raises:
        RefusedError: the classifier's target cannot be asked.
    """
    target = target_of(policy.classifier.target or "")
    provider = policy.providers[target.provider]
    question = question_for(last_human_text(asked.parsed or {}), target.model)
    raw = orjson.dumps(question)
    headers = with_body(asked.headers, raw)
    put = Asked("POST", b"/v1/messages", headers, raw, asked.capture, question)
    prepared = sender.prepare(put, target, provider)
    naming = Naming(asked=target.model, sent=target.model, seed=secrets.token_hex(12))
    return Trial(*target, provider.bill, prepared, reader_of(prepared, naming))


def _with_word(weighed: Weighed, value: float) -> Weighed:
    """The score moved to the middle of what the small model named."""
    score = weighed.score
    points = _logit(value) - _logit(score.value)
    terms = (*score.terms, Term(TERM, points, 1.0))
    return replace(weighed, score=replace(score, value=value, terms=terms))


def _logit(share: float) -> float:
    share = min(max(share, 1e-6), 1 - 1e-6)
    return log(share / (1 - share))
