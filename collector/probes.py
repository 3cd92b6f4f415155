"""A light look, once a minute, at whether the providers of the routes can be reached."""

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime

import httpx
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger

from collector.provider_address import credential, fault_of, is_anthropic, models_url
from router.call import Bill
from router.policy_model import Policy, Provider

EVERY_S = 60.0
TIMEOUT_S = 3.0

type Heard = Callable[[str, str | None], None]
type Policies = Callable[[], Policy | Iterable[Policy]]

logger = logging.getLogger(__name__)
logging.getLogger("apscheduler").setLevel(logging.WARNING)  # it tells of every run


class Probes:
    """Tells `heard` of each provider after each look: its name, and what is wrong or None.

    Anthropic is not asked: its answers to calls say more. `keys` are by the variable that holds
    them; each goes to its own provider only, and none to a local one.
    """

    def __init__(
        self,
        client: httpx.AsyncClient,
        heard: Heard,
        keys: Mapping[str, str],
        every_s: float = EVERY_S,
    ) -> None:
        self._client = client
        self._heard = heard
        self._keys = keys
        self._every_s = every_s
        self._faults: dict[str, str | None] = {}
        self._scheduler: AsyncIOScheduler | None = None

    def start(self, policies: Policies) -> None:
        """Begin at once, within a running loop; `policies` are those in force at each look."""
        self._scheduler = AsyncIOScheduler(timezone=UTC)
        self._scheduler.add_job(
            self._look,
            IntervalTrigger(seconds=self._every_s, timezone=UTC),
            [policies],
            next_run_time=datetime.now(UTC),
            misfire_grace_time=None,
            coalesce=True,
        )
        self._scheduler.start()

    def stop(self) -> None:
        if self._scheduler:
            self._scheduler.shutdown(wait=False)
            self._scheduler = None

    async def _look(self, policies: Policies) -> None:
        every = probed(policies()).items()
        asked = {name: provider for name, provider in every if self._may_ask(provider)}
        faults = await asyncio.gather(*map(self._fault, asked.values()))
        for name, fault in zip(asked, faults, strict=True):
            self._tell(name, fault)

    def _may_ask(self, provider: Provider) -> bool:
        """Whether calls could go there at all: a provider whose key is not set is not bothered."""
        return not provider.api_key_env or bool(self._keys.get(provider.api_key_env))

    async def _fault(self, provider: Provider) -> str | None:
        """What is wrong; any answer but a server's failure is a sign of life. None is read."""
        keys = {} if provider.bill is Bill.LOCAL else self._keys
        url, headers = models_url(provider), credential(provider, keys)
        try:
            async with self._client.stream("GET", url, headers=headers, timeout=TIMEOUT_S) as said:
                return f"it answers {said.status_code}" if said.status_code >= 500 else None
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError, RuntimeError) as error:
            return fault_of(error)  # a RuntimeError: the client was closed meanwhile

    def _tell(self, name: str, fault: str | None) -> None:
        if self._scheduler is None:
            return
        if fault and not self._faults.get(name):
            logger.warning("%s: %s; calls pass it over until it answers", name, fault)
        if not fault and self._faults.get(name):
            logger.info("%s answers again", name)
        self._faults[name] = fault
        self._heard(name, fault)


def probed(policies: Policy | Iterable[Policy]) -> dict[str, Provider]:
    """The providers to ask, by name: those that a route leads to, Anthropic left out."""
    every = [policies] if isinstance(policies, Policy) else policies
    return {
        target.provider: policy.providers[target.provider]
        for policy in every
        for route in policy.routes
        for target in policy.chain(route)
        if target.provider in policy.providers
        and not is_anthropic(policy.providers[target.provider])
    }
