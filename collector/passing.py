"""What passes the gate without being a call for a model: probes, policy look-ups, telemetry."""

import time
from datetime import UTC, datetime

from mitmproxy import http

from collector.recorder import Recorder
from router.call import Attempt, Call, Result
from router.facts import facts_of
from router.providers import account_of


class Passing:
    """One such request, recorded like a call; its bytes go straight through."""

    def __init__(self, recorder: Recorder, request: http.Request, capture: str) -> None:
        self._recorder = recorder
        self._began = time.perf_counter()
        headers = list(request.headers.fields)
        self._account = account_of(headers)
        self._call_id = f"pass_{time.time_ns():x}"
        self._asked_at = datetime.now(UTC).replace(tzinfo=None)
        self._facts = facts_of(request.method, request.path, headers, b"")
        self._capture = capture
        self._done = False

    def ended(self, status: int | None) -> None:
        rejected = status is not None and status >= 400
        self._record(Result.REJECTED if rejected else Result.OK, status)

    def failed(self, status: int | None) -> None:
        self._record(Result.TRUNCATED if status else Result.UNREACHABLE, status)

    def _record(self, result: Result, status: int | None) -> None:
        if self._done:
            return
        self._done = True
        duration_ms = round((time.perf_counter() - self._began) * 1000, 3)
        attempt = Attempt(
            attempt_no=1,
            provider=self._account.provider,
            model=None,
            bill=self._account.bill,
            result=result,
            started_at=self._asked_at,
            status=status,
            duration_ms=duration_ms,
        )
        self._recorder.ended(
            Call(
                call_id=self._call_id,
                asked_at=self._asked_at,
                facts=self._facts,
                attempts=(attempt,),
                result=result,
                status=status,
                duration_ms=duration_ms,
                reason="passed straight through",
                capture=self._capture,
            )
        )
