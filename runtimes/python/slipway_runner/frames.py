"""Frames on the wire: `u32 length, u8 kind, u64 request id, payload`, little-endian. Source: docs/replica-protocol.md."""

import json
import struct

HELLO, LOADED, FAILED, PREDICT, BODY, RESULT, CHUNK, END, CREDIT, ERROR, CANCEL, PING, PONG, DRAIN, RELOAD = range(1, 16)

HEAD_BYTES = 13
MAX_LENGTH = 65_536
"""Of what follows the length field: 9 + payload."""
MAX_PIECE = 65_000
"""Body bytes of one `result` or `chunk`."""
CREDIT_BYTES = 262_144
"""Per request and direction at the start."""

CONTENT_TYPES = {1: "application/json", 2: "application/octet-stream", 3: "text/plain; charset=utf-8"}
CONTENT_TYPE_CODES = {name: code for code, name in CONTENT_TYPES.items()}

head = struct.Struct("<IBQ")
predict_head = struct.Struct("<B16sIBH")
result_head = struct.Struct("<IBQBHBH")
pong_body = struct.Struct("<IIQQQI")
u32 = struct.Struct("<I")
error_head = struct.Struct("<HBBB")


class ProtocolError(Exception):
    """The other side sent what the protocol does not allow; its connection is closed."""


def frame(kind: int, request: int = 0, payload: bytes = b"") -> bytes:
    return head.pack(9 + len(payload), kind, request) + payload


def json_payload(members: dict) -> bytes:
    return json.dumps(members, separators=(",", ":")).encode()


def json_frame(kind: int, members: dict) -> bytes:
    return frame(kind, 0, json_payload(members))


def result(request: int, body: bytes, content_type: str = "application/json", status: int = 200,
           extras: "dict | None" = None, more: bool = False) -> bytes:
    """A whole answer, or with `more` the beginning of a long one or of a stream."""
    code = CONTENT_TYPE_CODES.get(content_type, 0)
    if code == 0:
        extras = dict(extras or {}, content_type=content_type)
    text = json.dumps(extras, separators=(",", ":")).encode() if extras else b""
    return result_head.pack(15 + len(text) + len(body), RESULT, request, more, status, code, len(text)) + text + body


def json_result(request: int, body: bytes, pack=result_head.pack) -> bytes:
    """`result` for the common case: a whole JSON answer with status 200."""
    return pack(15 + len(body), RESULT, request, 0, 200, 1, 0) + body


def chunk(request: int, body) -> bytes:
    return head.pack(9 + len(body), CHUNK, request) + body


def end(request: int, broken: bool = False, members: "dict | None" = None) -> bytes:
    text = json.dumps(members, separators=(",", ":")).encode() if members else b""
    return frame(END, request, (b"\1" if broken else b"\0") + text)


def credit(request: int, granted: int) -> bytes:
    return frame(CREDIT, request, u32.pack(granted))


def error(request: int, status: int, code: str, message: str, source: int = 0, begun: int = 0) -> bytes:
    """`source` 1 is the model; `begun` 0 promises that the model's code has not seen the request."""
    text = message.encode("utf-8", "replace")[:60_000]
    return frame(ERROR, request, error_head.pack(status, source, begun, len(code)) + code.encode() + text)


def pong(in_flight: int, waiting: int, calls: int, requests: int, resident_bytes: int, longest_ms: int) -> bytes:
    return frame(PONG, 0, pong_body.pack(in_flight, waiting, calls, requests, resident_bytes, longest_ms))
