"""HTTP with the standard library: one kept connection per thread, and repetitions where they cannot do a thing twice."""

from __future__ import annotations

import http.client
import json
import random
import socket
import threading
import time
import urllib.parse
import uuid
from typing import Any, BinaryIO, Callable, Dict, Iterator, Mapping, Optional, Tuple, Union

from ._errors import NetworkError, SlipwayError, error_of

_AGAIN = (429, 502, 503, 504)
_STILL_RUNNING = "idempotency_in_progress"
_REPEATABLE = ("GET", "HEAD", "PUT", "DELETE")
Body = Union[bytes, Callable[[], BinaryIO], None]


class Http:
    """Calls one server. Safe to share between threads.

    A call that may be repeated without doing a thing twice is: GET, PUT, DELETE, and POST with an idempotency key or marked as repeatable by its caller. It
    is repeated up to ``retries`` times, after a lost connection or 429, 502, 503, 504, or while an earlier try of the same key still runs (409
    ``idempotency_in_progress``), waiting as the server asks or 0.2 s, 0.4 s, … with jitter.
    """

    def __init__(self, base_url: str, token: Optional[str], timeout_s: float, retries: int) -> None:
        address = urllib.parse.urlsplit(base_url)
        if address.scheme not in ("http", "https") or not address.hostname:
            raise ValueError(f"base_url is an address such as http://127.0.0.1:7070, not {base_url!r}")
        self._secure = address.scheme == "https"
        self._host = address.hostname
        self._port = address.port
        self._prefix = address.path.rstrip("/")
        self._token = token
        self._timeout_s = timeout_s
        self._retries = retries
        self._local = threading.local()

    def get(self, path: str, query: Optional[Mapping[str, Any]] = None) -> Any:
        return self.call("GET", path + query_string(query))

    def post(self, path: str, body: Any, *, create: bool = True) -> Any:
        """create: sends an idempotency key, for a route that makes or decides something; without it the route itself does nothing twice."""
        return self.call("POST", path, body, headers={"Idempotency-Key": uuid.uuid4().hex} if create else None, repeatable=True)

    def pages(self, path: str, query: Optional[Mapping[str, Any]] = None) -> Iterator[Dict[str, Any]]:
        """Every item of a paged list, asked for page by page as the caller comes along."""
        token: Optional[str] = None
        while True:
            page = self.get(path, {**(query or {}), "page_token": token})
            yield from page["items"]
            token = page["next_page_token"]
            if token is None:
                return

    def call(self, method: str, path: str, body: Any = None, *, headers: Optional[Mapping[str, str]] = None, repeatable: bool = False) -> Any:
        """JSON in, JSON out; None for an empty answer. Raises ``ApprovalRequiredError`` when the change was put before a reviewer in place of being made."""
        sent = None if body is None else json.dumps(body, allow_nan=False).encode()
        all_headers = {"Content-Type": "application/json", **(headers or {})} if sent is not None else dict(headers or {})
        answer = self.send(method, path, sent, all_headers, repeatable=repeatable)
        try:
            data = answer.read()
        except (OSError, http.client.HTTPException) as failure:
            self._drop()
            raise NetworkError(f"The answer broke off: {failure}", code="broken_off") from failure
        if answer.status == 202 and (answer.getheader("Location") or "").startswith("/api/v1/approvals/"):
            from ._approvals import Approval, ApprovalRequiredError  # which know this module

            raise ApprovalRequiredError(Approval.of(json.loads(data)))
        return json.loads(data) if data else None

    def send(
        self, method: str, path: str, body: Body = None, headers: Optional[Mapping[str, str]] = None, *, length: Optional[int] = None, repeatable: bool = False,
    ) -> http.client.HTTPResponse:
        """The answer, 2xx and not yet read. ``body`` may be a function that opens a file of ``length`` bytes, so that it can be sent again."""
        repeatable = repeatable or method in _REPEATABLE
        attempt = 0
        while True:
            try:
                answer = self._once(method, path, body, headers or {}, length, repeatable)
            except (OSError, http.client.HTTPException) as failure:
                self._drop()
                if not repeatable or attempt >= self._retries:
                    raise NetworkError(f"No answer from {self._host}:{self._port or ''}: {failure}", code="unreachable") from failure
                wait = self._pause(attempt)
            else:
                if 200 <= answer.status < 300:
                    return answer
                error, wait = self._refusal(answer, attempt)
                if (answer.status not in _AGAIN and error.code != _STILL_RUNNING) or not repeatable or attempt >= self._retries:
                    raise error
            attempt += 1
            time.sleep(wait)

    def close(self) -> None:
        """Closes this thread's connection."""
        self._drop()

    def _once(self, method: str, path: str, body: Body, headers: Mapping[str, str], length: Optional[int], repeatable: bool) -> http.client.HTTPResponse:
        kept, connection = self._connection()
        content: Any = body() if callable(body) else body
        try:
            all_headers = {"Accept": "application/json", "User-Agent": "slipway-python/0.1", **headers}
            if self._token is not None:
                all_headers["Authorization"] = f"Bearer {self._token}"
            if length is not None:
                all_headers["Content-Length"] = str(length)
            elif body is None and method in ("POST", "PUT", "PATCH"):
                all_headers["Content-Length"] = "0"
            connection.request(method, self._prefix + path, body=content, headers=all_headers)
            self._local.answer = connection.getresponse()
            return self._local.answer
        except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
            # A kept connection that the server has closed meanwhile: nothing was taken, so once more on a new one.
            self._drop()
            if not kept or callable(body) or not repeatable:
                raise
            return self._once(method, path, body, headers, length, repeatable)
        finally:
            if callable(body):
                content.close()

    def _connection(self) -> Tuple[bool, http.client.HTTPConnection]:
        connection: Optional[http.client.HTTPConnection] = getattr(self._local, "connection", None)
        last: Optional[http.client.HTTPResponse] = getattr(self._local, "answer", None)
        if connection is not None and connection.sock is not None and (last is None or last.isclosed()):
            return True, connection
        self._drop()
        kind = http.client.HTTPSConnection if self._secure else http.client.HTTPConnection
        connection = kind(self._host, self._port, timeout=self._timeout_s)
        connection.connect()
        connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._local.connection = connection
        return False, connection

    def _drop(self) -> None:
        connection: Optional[http.client.HTTPConnection] = getattr(self._local, "connection", None)
        if connection is not None:
            connection.close()
            self._local.connection = None

    def _refusal(self, answer: http.client.HTTPResponse, attempt: int) -> Tuple[SlipwayError, float]:
        request_id = answer.headers.get("Slipway-Request-Id")
        try:
            problem = json.loads(answer.read())
        except ValueError:
            problem = {}
        if not isinstance(problem, dict):
            problem = {}
        after = answer.headers.get("Retry-After", "")
        wait = min(float(after), 30.0) if after.isdigit() else self._pause(attempt)
        return error_of(answer.status, problem, request_id), wait

    @staticmethod
    def _pause(attempt: int) -> float:
        return random.uniform(0.5, 1.0) * min(0.4 * 2**attempt, 10.0)


def query_string(query: Optional[Mapping[str, Any]]) -> str:
    """``?a=b``, without members that are None."""
    present = [(name, value) for name, value in (query or {}).items() if value is not None]
    return "?" + urllib.parse.urlencode(present, doseq=True) if present else ""


def segment(name: Any) -> str:
    """A name as one segment of a path."""
    return urllib.parse.quote(str(name), safe="")
