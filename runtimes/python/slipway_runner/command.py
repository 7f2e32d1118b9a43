"""A model that is a program: it listens on a port of this machine that it is told, and predictions are passed on to it over HTTP.

The replica around it stays what every other is: frames, drain, limits, exit file. What the program prints goes to the log, a line at a time.
"""

import http.client
import os
import select
import shutil
import socket
import subprocess
import sys
import threading
import time

from slipway_runner import answers, logs, process
from slipway_runner.request import ModelRequest

_HOST = "127.0.0.1"
_HEALTH_SECONDS = 5.0     # a check that takes longer has failed
_LONGEST_ANSWER = 100 << 20
_LONGEST_CHECK = 65_536   # of a check's answer; more is left unread
_LONGEST_LINE = 65_536    # of its output; a longer one goes to the log in pieces
_PASSED_ON = ("content-type", "traceparent")


class Ended(Exception):
    """The program ended before it answered for the first time."""


class Answer:
    """As a web framework's response: status, content type and bytes pass through."""

    def __init__(self, status_code: int, media_type: str, body: bytes) -> None:
        self.status_code = status_code
        self.media_type = media_type
        self.body = body


class Program:
    """One process and its connections. `settings`: `predict_path`, `health_path`, `health_interval_s`; `asked`: see `check_as`."""

    def __init__(self, command: "list[str]", settings: dict, package: str, asked: "dict | None" = None) -> None:
        self._command = [sys.executable, *command[1:]] if command[0] in ("python", "python3") else list(command)
        self._package = package
        self._predict_path = settings.get("predict_path") or "/"
        self._own = (settings.get("health_path"), float(settings.get("health_interval_s") or 2))
        self._checks = self._own                # path and seconds, swapped whole
        self._told = threading.Event()
        self.check_as(asked)
        self._kept = threading.local()
        self._port = 0
        self._process: "subprocess.Popen | None" = None
        self._output: "threading.Thread | None" = None
        self.well = True
        """Whether its last check was good. Without a health path: always."""

    def check_as(self, asked: "dict | None") -> None:
        """What the deployment says of `health_path` and `health_interval_s` wins over the package; what it does not say is the package's again. At once, if it is another."""
        path, interval = self._own
        said = asked or {}
        checks = (said.get("health_path") or path, float(said.get("health_interval_s") or interval))
        if checks != self._checks:
            self._checks = checks
            self._told.set()

    # --- its life

    def load(self) -> None:
        """Starts it and waits until it is well. Whoever started this replica says how long that may take."""
        self._port = _free_port()
        self._command[0] = _executable(self._command[0], self._package)
        self._process = subprocess.Popen(
            self._command, cwd=self._package, env={**os.environ, "PORT": str(self._port), "HOST": _HOST}, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self._output = threading.Thread(target=self._copy_output, name="output", daemon=True)
        self._output.start()
        pause = 0.02
        while not self._is_well():
            if self._process.poll() is not None:
                self._output.join(2)
                raise Ended(f"The program ended with {_how(self._process.returncode)} before it listened on port {self._port} ($PORT); the log has what it printed.")
            time.sleep(pause)
            pause = min(pause * 1.5, 0.5)
        threading.Thread(target=self._wait, name="program", daemon=True).start()
        threading.Thread(target=self._check, name="health", daemon=True).start()

    def _copy_output(self) -> None:
        for line in iter(lambda: self._process.stdout.readline(_LONGEST_LINE), b""):
            logs.write("INFO", line.decode("utf-8", "backslashreplace").rstrip("\r\n"))

    def _wait(self) -> None:
        """A replica without its program is none: it ends, and is started again."""
        how = _how(self._process.wait())
        process.write_exit(os.getcwd(), "crashed", process.EXIT_CODES["crashed"], message=f"The program ended with {how}.")
        process.end_session(os.getpid())   # what it has started holds its port and its output
        self._output.join(2)
        logs.write("FATAL", f"The program ended with {how}.")
        os._exit(process.EXIT_CODES["crashed"])

    def _check(self) -> None:
        while True:
            path, interval = self._checks
            self._told.wait(interval if path else None)
            self._told.clear()
            path, _ = self._checks
            well = not path or self._is_well()
            if well != self.well:
                where = f" at {path}" if path else ""
                logs.write("INFO" if well else "WARN", f"The program is well again{where}." if well else f"The program does not answer well{where}.")
            self.well = well

    def _is_well(self) -> bool:
        path, _ = self._checks
        try:
            if not path:
                socket.create_connection((_HOST, self._port), _HEALTH_SECONDS).close()
                return True
            connection = http.client.HTTPConnection(_HOST, self._port, timeout=_HEALTH_SECONDS)
            try:
                connection.request("GET", path, headers={"Connection": "close"})
                response = connection.getresponse()
                _read_out(response, connection.sock, time.monotonic() + _HEALTH_SECONDS)
                return 200 <= response.status < 400
            finally:
                connection.close()
        except (OSError, http.client.HTTPException):
            return False

    # --- predictions

    def predict(self, request: ModelRequest):
        """Body, content type and status pass through; a body without a length is passed on as it comes."""
        headers = {name: value for name, value in request.headers.items() if name in _PASSED_ON}
        headers["Slipway-Prediction-Id"] = request.prediction_id
        seconds = request.seconds_left
        try:
            return self._asked(request.raw_body, headers, seconds)
        except TimeoutError as exception:   # the only limit of a connection is the request's own
            raise answers.Late from exception

    def _asked(self, body: bytes, headers: dict, seconds: "float | None"):
        response, connection = self._ask(body, headers, seconds)
        kind = response.getheader("Content-Type") or "application/octet-stream"
        try:
            _check_framing(response)
            if response.status == 200 and response.getheader("Content-Length") is None:
                return self._pieces(response, connection, kind)
            body = response.read(_LONGEST_ANSWER + 1)
            if len(body) > _LONGEST_ANSWER:
                raise answers.BadAnswer(f"The program's answer has more than {_LONGEST_ANSWER >> 20} MiB.")
            if response.length:   # bytes that were announced and did not come
                raise answers.BadAnswer("The program's answer ended early.")
        except http.client.IncompleteRead as exception:
            self._drop(connection)
            raise answers.BadAnswer("The program's answer ended early.") from exception
        except BaseException:
            self._drop(connection)
            raise
        if response.will_close:
            self._drop(connection)
        return Answer(response.status, kind, body)

    def _ask(self, body: bytes, headers: dict, seconds: "float | None"):
        """Sends it once: a program that hangs up after it has read a request may have done what it asks."""
        connection = getattr(self._kept, "connection", None)
        if connection is not None and _has_hung_up(connection):
            self._drop(connection)
            connection = None
        if connection is None:
            connection = self._kept.connection = http.client.HTTPConnection(_HOST, self._port)
        connection.timeout = seconds
        if connection.sock is not None:
            connection.sock.settimeout(seconds)
        try:
            connection.request("POST", self._predict_path, body, headers)
            return connection.getresponse(), connection
        except BaseException:
            self._drop(connection)
            raise

    def _pieces(self, response, connection, kind: str):
        done = False
        try:
            while True:
                data = response.read1(65_536)
                if not data:
                    done = not response.will_close
                    return
                piece = answers.Piece(data)
                piece.content_type = kind
                yield piece
        except TimeoutError as exception:
            raise answers.Late from exception
        finally:
            if not done:
                self._drop(connection)

    def _drop(self, connection) -> None:
        connection.close()
        if getattr(self._kept, "connection", None) is connection:
            self._kept.connection = None


def _check_framing(response) -> None:
    """An answer whose end two readers could see at different places is none. Its framing itself is never passed on: only status, content type and bytes are."""
    lengths = {value.strip(" \t") for value in response.headers.get_all("Content-Length", [])}
    codings = [value.strip().lower() for value in response.headers.get_all("Transfer-Encoding", [])]
    if not all(length.isascii() and length.isdigit() for length in lengths) or len(lengths) > 1:
        raise answers.BadAnswer("The program's answer has a Content-Length that is not one number.")
    if codings not in ([], ["chunked"]) or (codings and (lengths or not response.chunked)):   # http.client takes nothing but the word alone for chunks
        raise answers.BadAnswer("The program's answer has a Transfer-Encoding other than chunked alone.")
    if response.status < 200:
        raise answers.BadAnswer(f"The program answered {response.status}, which is no answer to a prediction.")


def _read_out(response, channel, until: float) -> None:
    """Takes what the program still writes, so that it does not write to a connection that is closed. The status has been said: what goes wrong from here on says nothing."""
    read = 0
    try:
        while read < _LONGEST_CHECK and time.monotonic() < until:
            if channel is not None:
                channel.settimeout(max(0.01, until - time.monotonic()))
            data = response.read1(_LONGEST_CHECK)
            if not data:
                return
            read += len(data)
    except (OSError, http.client.HTTPException):
        pass


def _has_hung_up(connection) -> bool:
    """Whether a connection at rest is closed: the program has nothing else to say on it."""
    if connection.sock is None:
        return True
    poll = select.poll()
    poll.register(connection.sock, select.POLLIN)
    return bool(poll.poll(0))


def _executable(program: str, package: str) -> str:
    """A file of the package as something that can be started: files of a package have no permission to be, so a copy gets it."""
    path = os.path.join(package, program)
    if os.path.isabs(program) or not os.path.isfile(path) or os.access(path, os.X_OK):
        return program
    copy = os.path.join(os.getcwd(), "program")
    shutil.copyfile(path, copy)
    os.chmod(copy, 0o700)
    return copy


def _free_port() -> int:
    """One that nobody listens on; the program has it a moment later."""
    with socket.socket() as probe:
        probe.bind((_HOST, 0))
        return probe.getsockname()[1]


def _how(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"code {code}"
