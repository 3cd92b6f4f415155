"""What passes the gate without being a call for a model: probes, policy look-ups, telemetry."""

import time
from datetime import UTC, datetime

from mitmproxy import http

from collector.recorder import Recorder
from router.call import Attempt, Call, Result
from router.facts import facts_of
from router.providers import account_of

REASON = "passed straight through"


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

    @property
    def own_headers(self) -> dict[str, str]:
        return {
            "x-faregate-call-id": self._call_id,
            "x-faregate-target": f"{self._account.provider}/-",
            "x-faregate-reason": REASON,
        }

    def ended(self, response: http.Response | None) -> None:
        rejected = response is not None and response.status_code >= 400
        self._record(Result.REJECTED if rejected else Result.OK, response)

    def failed(self, response: http.Response | None) -> None:
        self._record(Result.TRUNCATED if response else Result.UNREACHABLE, response)

    def _record(self, result: Result, response: http.Response | None) -> None:
        if self._done:
            return
        self._done = True
        status = response.status_code if response else None
        request_id = response.headers.get("request-id") if response else None
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
            request_id=request_id,
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
                request_id=request_id,
                reason=REASON,
                capture=self._capture,
            )
        )
