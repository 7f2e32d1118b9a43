"""The log: every line carries time, level and the prediction that it belongs to.

`2026-11-22T08:00:00.123Z INFO  <prediction id or -> text`, one write per line to a descriptor opened with O_APPEND, so that lines of
several threads and of native code never mix.
"""

import codecs
import contextvars
import io
import json
import logging
import os
import sys
import threading
import time
import traceback
import uuid

prediction: "contextvars.ContextVar[bytes | None]" = contextvars.ContextVar("prediction", default=None)
"""The 16 bytes of the prediction that this thread or task works on; None outside of one and in a call for several."""

_HERE = os.path.dirname(os.path.abspath(__file__))


_hidden: "list[tuple[str, str]]" = []
_SHORTEST_HIDDEN = 6   # a shorter piece would tear up lines that have nothing to do with a secret


def hide(secrets: "dict[str, str]") -> None:
    """From here on `redacted` replaces the values of these secrets, the lines of a value that has several and the texts in a value that is JSON,
    as they are or escaped as `repr` and JSON do it. Pieces of fewer than six characters, and other forms (Base64, a part of a value), stay as they are.
    """
    pieces = {(form, name) for name, value in secrets.items()
              for piece in (value, *map(str.strip, value.splitlines()), *_texts(value)) if len(piece) >= _SHORTEST_HIDDEN for form in _forms(piece)}
    _hidden[:] = sorted(pieces, key=lambda p: len(p[0]), reverse=True)


def _texts(value: str) -> "list[str]":
    """The strings in a value that is a JSON object or array, names of members excepted."""
    found = []
    try:
        waiting = [json.loads(value)]
    except (ValueError, RecursionError):
        return found
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            found.append(one)
        elif isinstance(one, (dict, list)):
            waiting.extend(one.values() if isinstance(one, dict) else one)
    return found


def _forms(piece: str) -> "tuple[str, ...]":
    return piece, repr(piece)[1:-1], json.dumps(piece)[1:-1], json.dumps(piece, ensure_ascii=False)[1:-1]


def redacted(text: str) -> str:
    """The text with `[secret NAME]` for the pieces that `hide` was told of."""
    for piece, name in _hidden:
        if piece in text:
            text = text.replace(piece, f"[secret {name}]")
    return text


def clean(text: str) -> str:
    """Redacted, and without what a reader of JSON or a database may refuse: half a character, U+0000. A file name that is no UTF-8 has the first."""
    return redacted(text).encode("utf-8", "replace").decode().replace("\0", "\ufffd")


def write(level: str, text: str, descriptor: int = 2) -> None:
    """Each line of `text` as a line of the log. Never raises: a full disk must not break a prediction."""
    now = time.time()
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now)) + f".{int(now % 1 * 1000):03d}Z"
    current = prediction.get()
    prefix = f"{stamp} {level:<5} {uuid.UUID(bytes=current) if current else '-'} "
    data = "".join(f"{prefix}{line}\n" for line in redacted(text).splitlines() or [""]).encode("utf-8", "backslashreplace")
    try:
        while data:
            data = data[os.write(descriptor, data):]
    except OSError:
        pass


def write_exception(exception: BaseException, level: str = "ERROR") -> None:
    """The traceback without the runner's own frames."""
    trace = exception.__traceback__
    while trace is not None and os.path.dirname(trace.tb_frame.f_code.co_filename) == _HERE:
        trace = trace.tb_next
    write(level, "".join(traceback.format_exception(type(exception), exception, trace)).rstrip())


class _Lines(io.TextIOBase):
    """Stands for sys.stdout or sys.stderr: whole lines go to the log, unfinished ones wait, for each thread on its own."""

    encoding = "utf-8"
    errors = "backslashreplace"

    def __init__(self, level: str, descriptor: int) -> None:
        self._level = level
        self._descriptor = descriptor
        self._unfinished = threading.local()
        self.buffer = _Bytes(self)

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._descriptor

    def reconfigure(self, **_options) -> None:
        """As of a real text stream; there is nothing to choose."""

    def write(self, text: str) -> int:
        begun = getattr(self._unfinished, "text", "")
        lines, newline, rest = (begun + text.replace("\r", "\n")).rpartition("\n")
        if newline:
            write(self._level, lines, self._descriptor)
        elif len(rest) > 8192:
            write(self._level, rest, self._descriptor)
            rest = ""
        self._unfinished.text = rest
        return len(text)

    def finish(self) -> None:
        rest = getattr(self._unfinished, "text", "")
        if rest:
            write(self._level, rest, self._descriptor)
            self._unfinished.text = ""


class _Bytes(io.RawIOBase):
    """The `buffer` of such a stream: bytes become the stream's lines; what is no UTF-8 is shown as escapes."""

    def __init__(self, lines: _Lines) -> None:
        self._lines = lines
        self._begun = threading.local()

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._lines.fileno()

    def write(self, data) -> int:
        data = bytes(data)
        if not hasattr(self._begun, "decoder"):
            self._begun.decoder = codecs.getincrementaldecoder("utf-8")("backslashreplace")
        self._lines.write(self._begun.decoder.decode(data))
        return len(data)

    def close(self) -> None:
        """Whoever wraps it and goes away leaves it open for the others."""


class _Handler(logging.Handler):
    _LEVELS = {"WARNING": "WARN", "CRITICAL": "FATAL"}

    def emit(self, record: logging.LogRecord) -> None:
        try:
            write(self._LEVELS.get(record.levelname, record.levelname[:5]), self.format(record))
        except Exception:
            self.handleError(record)


def install() -> None:
    """Replaces sys.stdout and sys.stderr and gives the root logger a handler, from INFO on."""
    sys.stdout = _Lines("INFO", 1)
    sys.stderr = _Lines("WARN", 2)
    handler = _Handler()
    handler.setFormatter(logging.Formatter("%(name)s: %(message)s"))
    logging.root.handlers[:] = [handler]
    logging.root.setLevel(logging.INFO)


def finish() -> None:
    """Writes this thread's unfinished lines."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, _Lines):
            stream.finish()
