"""A connection before its hello."""

import hmac
import json
import socket
import time

from slipway_runner import PROTOCOL, frames


class Newcomer:
    """Read exactly to the end of its first frame: what follows belongs to whoever reads the connection later."""

    def __init__(self, channel: socket.socket) -> None:
        self.socket = channel
        self.since = time.monotonic()
        self._data = b""

    def fileno(self) -> int:
        return self.socket.fileno()

    def read(self) -> "Hello | None":
        """The hello, or None while it is not whole. Raises ProtocolError for anything else, OSError when the connection is lost."""
        while True:
            length = 9
            if len(self._data) >= frames.HEAD_BYTES:
                length, kind, _ = frames.head.unpack_from(self._data)
                if kind != frames.HELLO or not 9 <= length <= 4096:
                    raise frames.ProtocolError("hello")
                if len(self._data) == 4 + length:
                    return Hello(self._data[frames.HEAD_BYTES:])
            try:
                more = self.socket.recv(4 + length - len(self._data))
            except BlockingIOError:
                return None
            if not more:
                raise ConnectionResetError
            self._data += more


class Hello:
    """What a server says first. It may be anybody who can reach the socket, so nothing in it is trusted."""

    def __init__(self, payload: bytes) -> None:
        try:
            members = json.loads(payload)
            self.protocol = members.get("protocol")
            self.role, self.peer, self.epoch = members["role"], str(members["peer"]), int(members["epoch"])
            self._token = str(members["token"]).encode("utf-8", "surrogatepass")
        except Exception as exception:   # every way of not being a hello
            raise frames.ProtocolError("hello") from exception
        if self.role not in ("control", "gateway"):
            raise frames.ProtocolError("role")

    def refusal(self, token: str, highest_epoch: int) -> "tuple[int, str, str] | None":
        """Status, code and message, or None when it is welcome."""
        if not hmac.compare_digest(self._token, token.encode()):
            return 401, "bad_token", "The token is not this replica's."
        if self.epoch < highest_epoch:
            return 409, "stale_epoch", f"A server of epoch {highest_epoch} has been here; this is {self.epoch}."
        if self.protocol != PROTOCOL:
            return 400, "protocol_mismatch", f"This replica speaks version {PROTOCOL} of the protocol."
        return None
