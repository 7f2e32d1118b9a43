"""One accepted connection: frames in, frames out."""

import collections
import socket
import threading
import time

from slipway_runner import frames
from slipway_runner.frames import ProtocolError
from slipway_runner.request import Request

_RECEIVE_BYTES = 131_072


class Connection:
    """Reading belongs to one thread at a time (see gate.py); sending to any, never blocking.

    What the socket does not take at once waits in `backlog` and is sent by the replica's own thread. The credit of the requests bounds it.
    """

    def __init__(self, channel: socket.socket, role: str, peer: str, replica) -> None:
        self.socket = channel
        self.role = role
        self.peer = peer
        self.open: "dict[int, Request]" = {}
        self.backlog: "collections.deque[memoryview]" = collections.deque()
        self.closed = False
        self._replica = replica
        self._rest = b""
        self.sending = threading.Lock()

    def fileno(self) -> int:
        return self.socket.fileno()

    # --- in

    def receive(self) -> bool:
        """Handles every complete frame of one read. False: the connection is lost or broke the protocol, and has to be closed."""
        try:
            data = self.socket.recv(_RECEIVE_BYTES)
        except BlockingIOError:
            return True
        except OSError:
            return False
        if not data:
            return False
        try:
            self._parse(self._rest + data if self._rest else data)
        except ProtocolError:
            return False
        return True

    def _parse(self, data: bytes, unpack_head=frames.head.unpack_from, unpack_predict=frames.predict_head.unpack_from) -> None:
        at, size, now = 0, len(data), time.monotonic()
        gateway, replica = self.role == "gateway", self._replica
        while size - at >= 13:
            length, kind, request_id = unpack_head(data, at)
            if not 9 <= length <= 65_536:
                raise ProtocolError("length")
            stop = at + 4 + length
            if kind == frames.PREDICT and gateway:
                if stop > size:
                    break
                if length < 33:
                    raise ProtocolError("predict too short")
                flags, prediction, deadline_ms, content_type, extras = unpack_predict(data, at + 13)
                body = at + 37 + extras
                if body > stop or request_id in self.open or content_type > 3:
                    raise ProtocolError("predict")
                request = Request(self, request_id, prediction, now + deadline_ms / 1000 if deadline_ms else 0.0,
                                  content_type, data[at + 37:body], data[body:stop])
                if replica.refusal is not None:
                    self.send(frames.error(request_id, 503, *replica.refusal))
                else:
                    self.open[request_id] = request
                    if flags & 1:
                        request.parts = [request.body]
                        request.received = len(request.body)
                    else:
                        replica.queue.waiting.append(request)
            elif not 1 <= kind <= 15:
                raise ProtocolError("kind")
            elif stop > size:
                break
            elif gateway:
                self._gateway_frame(kind, request_id, data[at + 13:stop])
            else:
                self._control_frame(kind, request_id, data[at + 13:stop])
            at = stop
        self._rest = data[at:]
        if len(self._rest) >= 4 and not 9 <= frames.u32.unpack_from(self._rest)[0] <= 65_536:
            raise ProtocolError("length")

    def _gateway_frame(self, kind: int, request_id: int, payload: bytes) -> None:
        request = self.open.get(request_id)
        if kind == frames.CREDIT:
            if len(payload) != 4:
                raise ProtocolError("credit")
            if request is not None:
                request.granted += frames.u32.unpack(payload)[0]
                if request.notify is not None:
                    request.notify()
        elif kind == frames.BODY:
            if not payload:
                raise ProtocolError("body")
            if request is not None:
                self._body(request, payload)
        elif kind == frames.CANCEL:
            if request is not None:
                self._replica.abandon(request, 499, "cancelled", "The caller cancelled the request.")
        elif kind == frames.PING:
            self.send(self._replica.pong())
        else:
            raise ProtocolError("not allowed on a gateway's connection")

    def _body(self, request: Request, payload: bytes) -> None:
        if request.parts is None:
            raise ProtocolError("the body was whole")
        request.parts.append(payload[1:])
        request.received += len(payload) - 1
        if not payload[0] & 1:
            request.body, request.parts = b"".join(request.parts), None
            self._replica.queue.waiting.append(request)
        elif request.received >= frames.CREDIT_BYTES // 2:
            self.send(frames.credit(request.id, request.received))
            request.received = 0

    def _control_frame(self, kind: int, request_id: int, payload: bytes) -> None:
        if kind == frames.PING:
            self._replica.check_as(payload)
            if self._replica.is_well():
                self.send(self._replica.pong())
        elif kind == frames.DRAIN:
            self._replica.drain()
        elif kind == frames.RELOAD:
            self._replica.reload(self, request_id, payload)
        else:
            raise ProtocolError("not allowed on the control connection")

    # --- out

    def send(self, data: bytes) -> None:
        """Whole frames, in the order of the calls. On a lost connection nothing happens: its reader finds out."""
        with self.sending:
            if self.closed:
                return
            sent = 0
            if not self.backlog:
                try:
                    sent = self.socket.send(data)
                except BlockingIOError:
                    pass
                except OSError:
                    return
            if sent < len(data):
                self.backlog.append(memoryview(data)[sent:])
                if len(self.backlog) == 1:
                    self._replica.watch_writing(self)

    def flush(self) -> bool:
        """Sends what waits. True: nothing is left."""
        with self.sending:
            while self.backlog and not self.closed:
                try:
                    sent = self.socket.send(self.backlog[0])
                except BlockingIOError:
                    return False
                except OSError:
                    self.backlog.clear()
                    return True
                if sent == len(self.backlog[0]):
                    self.backlog.popleft()
                else:
                    self.backlog[0] = self.backlog[0][sent:]
            return True

    def stop_receiving(self) -> None:
        """From any thread: the other side can send no more; what it has sent is read to the end."""
        with self.sending:
            if not self.closed:
                try:
                    self.socket.shutdown(socket.SHUT_RD)
                except OSError:
                    pass

    def hang_up(self) -> None:
        """From any thread: the reader will see the end of the connection and close it."""
        with self.sending:
            if not self.closed:
                try:
                    self.socket.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass

    def close(self) -> None:
        """By its reader only. What was in flight on it is cancelled."""
        with self.sending:
            self.closed = True
            self.backlog.clear()
            self.socket.close()
        for request in list(self.open.values()):
            if request.close():
                request.leave()
