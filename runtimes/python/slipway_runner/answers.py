"""Between JSON and Python, and between exceptions and error frames."""

import json

from slipway_runner import frames, logs
from slipway_runner.request import Request


class BadInput(Exception):
    """The body is not what its content type says, or not what the model's kind takes. `code` is one of the protocol's with status 400."""

    def __init__(self, message: str, code: str = "bad_input") -> None:
        super().__init__(message)
        self.code = code


class NotSupported(Exception):
    """A method or content type that this model has not."""


class Late(Exception):
    """Whoever the model waits for has not answered before the deadline: the same end as that of a model that computes for too long."""

    def __init__(self) -> None:
        super().__init__("The deadline passed before the model answered.")


class BadAnswer(Exception):
    """The model returned what cannot be written."""


class BrokenStream(Exception):
    """The model raised after the first item; it is in the log."""


def _plain(value):
    """numpy arrays and scalars, and pydantic models, as plain Python."""
    for name in ("tolist", "model_dump"):
        method = getattr(value, name, None)
        if callable(method):
            return method()
    raise TypeError(f"an object of type {type(value).__name__} cannot be written as JSON")


_encoder = json.JSONEncoder(allow_nan=False, ensure_ascii=False, separators=(",", ":"), default=_plain)
try:   # the encoder that JSONEncoder.encode makes anew for every call
    _chunks = json.encoder.c_make_encoder(None, _plain, json.encoder.encode_basestring, None, ":", ",", False, False, False)
    _chunks({"a": [1.5, None]}, 0)
except TypeError:
    def _chunks(value, _level):
        return _encoder.iterencode(value)
_scan = json.JSONDecoder().scan_once


def to_json(value) -> bytes:
    """Compact UTF-8. Raises BadAnswer, also for NaN and infinities."""
    try:
        return "".join(_chunks(value, 0)).encode()
    except (ValueError, TypeError, RecursionError) as exception:   # ValueError: NaN, a lone surrogate
        raise BadAnswer(f"The model's answer cannot be written as JSON: {exception}.") from exception


def from_json(body: bytes):
    """The gateway has refused duplicate keys and numbers that are not finite."""
    try:
        text = str(body, "utf-8")
        try:
            value, stop = _scan(text, 0)
            if stop == len(text):
                return value
        except StopIteration:
            pass
        return json.loads(text)           # white space around it, or not JSON
    except (ValueError, RecursionError) as exception:
        raise BadInput(f"The body is not JSON: {exception}.") from exception


def input_of(request: Request):
    """What the model gets: JSON parsed, text as str, anything else as bytes."""
    if request.content_type == 1:
        return from_json(request.body)
    if request.content_type == 2:
        return request.body
    name = request.type_name().partition(";")[0].strip().lower()
    if name == "application/json" or name.endswith("+json"):
        return from_json(request.body)
    if name == "text/plain":
        try:
            return str(request.body, "utf-8")
        except UnicodeDecodeError as exception:
            raise BadInput("The body is not UTF-8.") from exception
    return request.body


class Answer:
    """A whole answer that is not plain JSON with status 200. `extras`: members of its `result` frame."""

    __slots__ = ("body", "content_type", "status", "extras")

    def __init__(self, body: bytes, content_type: str, status: int = 200, extras: "dict | None" = None) -> None:
        self.extras = extras
        self.body = body
        self.content_type = content_type
        self.status = status


class Piece(bytes):
    """A part of a stream that knows its content type."""

    content_type = "application/octet-stream"


def answer_of(value) -> Answer:
    """bytes as they are; an object with `body` and `status_code` (a web framework's response) passes through; the rest is JSON."""
    if isinstance(value, (bytes, bytearray, memoryview)):
        return Answer(bytes(value), "application/octet-stream")
    status, body = getattr(value, "status_code", None), getattr(value, "body", None)
    if isinstance(status, int) and isinstance(body, bytes):
        return Answer(body, getattr(value, "media_type", None) or "application/octet-stream", status)
    return Answer(to_json(value), "application/json")


def stream_type(item) -> str:
    """The content type of a stream by its first item."""
    if isinstance(item, str):
        return "text/plain; charset=utf-8"
    if isinstance(item, Piece):
        return item.content_type
    return "application/octet-stream" if isinstance(item, (bytes, bytearray)) else "application/x-ndjson"


def stream_bytes(item) -> bytes:
    if isinstance(item, (bytes, bytearray)):
        return bytes(item)
    if isinstance(item, str):
        try:
            return item.encode()
        except UnicodeEncodeError as exception:
            raise BadAnswer("A text of the stream has a lone surrogate.") from exception
    return to_json(item) + b"\n"


def raised(exception: BaseException) -> str:
    return f"The model raised {type(exception).__name__}; the traceback is in the deployment's log."


def error_frame(request: Request, exception: BaseException) -> bytes:
    """The last frame of a request whose call raised; no secret is in its text. Writes the traceback of what is nobody's expected answer to the log."""
    status, code, text, source = _told(exception)
    hidden = logs.redacted(text)
    if code == "model_status":
        hidden = _still_json(hidden)
    return frames.error(request.id, status, code, hidden, source=source, begun=source)


def _still_json(detail: str) -> str:
    """A detail that is too long, or that a redacted number made something else than JSON, as one JSON string."""
    if len(detail.encode()) > 60_000:
        return to_json(detail.encode()[:50_000].decode("utf-8", "replace")).decode()
    try:
        json.loads(detail)
        return detail
    except ValueError:
        return to_json(detail).decode()


def _told(exception: BaseException) -> "tuple[int, str, str, int]":
    """Status, code and text for the caller, and 1 when the model's code has run."""
    if isinstance(exception, BadInput):
        return 400, exception.code, str(exception), 0
    if isinstance(exception, NotSupported):
        return 415, "not_supported", str(exception), 0
    if isinstance(exception, BadAnswer):
        logs.write("ERROR", str(exception))
        return 502, "bad_answer", str(exception), 1
    if isinstance(exception, Late):
        return 504, "deadline", str(exception), 1
    if isinstance(exception, MemoryError):
        return 502, "memory_limit", "The model met its memory limit; the replica ends.", 1
    status = getattr(exception, "status_code", None)
    if isinstance(status, int) and not isinstance(status, bool) and 400 <= status <= 599 and hasattr(exception, "detail"):
        try:
            detail = to_json(exception.detail)
        except BadAnswer:
            detail = to_json(str(exception.detail))
        return status, "model_status", detail.decode(), 1
    logs.write_exception(exception)
    return 502, "model_error", raised(exception), 1
