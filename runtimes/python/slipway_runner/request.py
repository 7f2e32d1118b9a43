"""One prediction on its way through the replica."""

import json
import time
import uuid

from slipway_runner import frames


class Request:
    """A request is *open* from its `predict` frame until somebody closes it by taking it out of its connection's `open`.

    Whoever closes it owes the last frame, and nobody else may send one. `granted` is written by whoever reads the connection, `sent`
    by whoever answers, so neither needs a lock.
    """

    __slots__ = ("connection", "id", "prediction", "deadline", "content_type", "extras", "body",
                 "gone", "begun", "granted", "sent", "notify", "received", "parts", "form")

    def __init__(self, connection, id: int, prediction: bytes, deadline: float, content_type: int, extras: bytes, body: bytes) -> None:
        self.connection = connection
        self.id = id
        self.prediction = prediction
        self.deadline = deadline            # time.monotonic() seconds; 0: none
        self.content_type = content_type
        self.extras = extras                # JSON text, or empty
        self.body = body
        self.gone = False                   # closed without the model's answer: cancelled, late, or its connection lost
        self.begun = False                  # the model's code has seen it
        self.granted = frames.CREDIT_BYTES
        self.sent = 0                       # body bytes of the answer
        self.notify = None                  # called, by any thread, when credit comes or the request is gone
        self.form = None                    # how a dialect wants to be answered: its `of` makes an Answer; None: as the model's own
        self.parts = None                   # of a body in several frames, until it is whole
        self.received = 0                   # of them, since credit was last granted

    def close(self) -> bool:
        """True for exactly one caller."""
        return self.connection.open.pop(self.id, None) is not None

    def leave(self) -> None:
        """The caller no longer waits: streams stop at their next item, coroutines at their next await."""
        self.gone = True
        notify = self.notify
        if notify is not None:
            notify()

    def members(self) -> dict:
        """The extras, parsed."""
        return json.loads(self.extras) if self.extras else {}

    def type_name(self) -> str:
        return frames.CONTENT_TYPES.get(self.content_type) or str(self.members().get("content_type", "application/octet-stream"))


class ModelRequest:
    """What a model's method gets as `request`."""

    def __init__(self, request: Request) -> None:
        members = request.members()
        self._request = request
        self.prediction_id = str(uuid.UUID(bytes=request.prediction))
        self.method = members.get("method", "predict")
        self.headers = {"content-type": request.type_name()}
        if "traceparent" in members:
            self.headers["traceparent"] = members["traceparent"]

    @property
    def disconnected(self) -> bool:
        """The caller has gone, or the deadline has passed."""
        return self._request.gone

    @property
    def raw_body(self) -> bytes:
        return bytes(self._request.body)

    @property
    def seconds_left(self) -> "float | None":
        """To its deadline; None: it has none."""
        return max(0.05, self._request.deadline - time.monotonic()) if self._request.deadline else None

    async def is_disconnected(self) -> bool:
        return self._request.gone

    async def body(self) -> bytes:
        return bytes(self._request.body)

    async def json(self):
        return json.loads(self._request.body)
