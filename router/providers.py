"""Who serves a call and who pays for it."""

from collections.abc import Iterable
from dataclasses import dataclass

from router.call import Bill

RawHeaders = list[tuple[bytes, bytes]]

CREDENTIALS = frozenset({b"authorization", b"x-api-key", b"proxy-authorization", b"cookie"})
OAUTH_BETA = b"oauth-2025-04-20"


@dataclass(frozen=True, slots=True)
class Account:
    """The provider as the ledger names it, and who pays."""

    provider: str
    bill: Bill


MAX = Account("max", Bill.PLAN)
ANTHROPIC = Account("anthropic", Bill.CASH)


def account_of(headers: Iterable[tuple[bytes, bytes]]) -> Account:
    """`max` when the client sent its own plan login, `anthropic` when it sent a key.

    A plan login is an OAuth token: `sk-ant-oat…`, or any bearer with the OAuth beta.
    """
    sent = {name.lower(): value for name, value in headers}
    bearer = sent.get(b"authorization", b"")
    if bearer.startswith(b"Bearer sk-ant-oat"):
        return MAX
    if bearer and OAUTH_BETA in sent.get(b"anthropic-beta", b""):
        return MAX
    return ANTHROPIC
