"""Answers that one frame or the credit at hand may not hold: long ones and streams."""

import threading

from slipway_runner import frames
from slipway_runner.answers import Answer, NotSupported
from slipway_runner.request import Request


def send_answer(request: Request, answer: Answer) -> None:
    """The last frame or frames of a request. Never waits: what exceeds the credit is sent when more comes, by whoever reads it."""
    if len(answer.body) <= frames.MAX_PIECE:
        if request.close():
            request.connection.send(frames.result(request.id, answer.body, answer.content_type, answer.status, answer.extras))
    else:
        _LongAnswer(request, answer)


class _LongAnswer:
    """A body on its way in pieces. The request stays open until the last piece is sent."""

    def __init__(self, request: Request, answer: Answer) -> None:
        self._request = request
        self._body = memoryview(answer.body)
        self._lock = threading.Lock()
        request.connection.send(frames.result(request.id, b"", answer.content_type, answer.status, {**(answer.extras or {}), "length": len(answer.body)}, more=True))
        request.notify = self.advance
        self.advance()

    def advance(self) -> None:
        request = self._request
        with self._lock:
            while request.sent < len(self._body) and not request.gone:
                size = min(frames.MAX_PIECE, request.granted - request.sent, len(self._body) - request.sent)
                if size <= 0:
                    return
                request.connection.send(frames.chunk(request.id, bytes(self._body[request.sent:request.sent + size])))
                request.sent += size
            if request.close():
                request.connection.send(frames.end(request.id))
            request.notify = None


class StreamSender:
    """The frames of one stream: the head goes with the first item, each item is sent when it was yielded, within the credit."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._head = b""
        self.started = False

    def start(self, content_type: str) -> None:
        if self._request.form is not None:
            raise NotSupported("This model streams its answer, and the dialect of the request has no form for that.")
        self.started = True
        self._head = frames.result(self._request.id, b"", content_type, 200, {"stream": True}, more=True)

    def send(self, item: memoryview) -> memoryview:
        """Sends what the credit allows and returns the rest."""
        request, parts = self._request, [self._head]
        self._head = b""
        while item:
            size = min(frames.MAX_PIECE, request.granted - request.sent, len(item))
            if size <= 0:
                break
            parts.append(frames.chunk(request.id, item[:size].tobytes()))
            request.sent += size
            item = item[size:]
        data = b"".join(parts)
        if data and not request.gone:
            request.connection.send(data)
        return item

    def end(self, broken: str = "") -> None:
        request = self._request
        if request.close():
            request.connection.send(self._head + frames.end(request.id, bool(broken), {"message": broken} if broken else None))
