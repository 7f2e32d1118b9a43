"""One replica: its socket, its life from start to exit, and the thread that serves liveness.

The main thread loads the model and then runs it (sync_worker.py, async_worker.py). The *replica's thread*, here, accepts connections,
serves the control connection, ends late requests and the process, and reads the gateways' connections whenever the main thread does not.
"""

import asyncio
import faulthandler
import gc
import hmac
import json
import os
import random
import select
import signal
import socket
import sys
import threading
import time

from slipway_runner import PROTOCOL, frames, logs, process
from slipway_runner.async_worker import AsyncWorker
from slipway_runner.connection import Connection
from slipway_runner.gate import Gate
from slipway_runner.model import LoadFailed, Model, guarded, import_model
from slipway_runner.queue import Queue
from slipway_runner.request import Request
from slipway_runner.sync_worker import SyncWorkers

_IDLE_TICK = 0.25
_BUSY_TICK = 0.05
_PARTING_TICK = 0.005
_LONG_CALL = 0.02
"""Seconds after which the replica's thread reads in place of the one that is inside a call."""
_HELLO_SECONDS = 5.0
_FAREWELL_SECONDS = 3.0
"""How long unsent frames may hold up the end of the process."""


def main(folder: str, ready_fd: "int | None" = None) -> None:
    """Runs the replica of `folder` in this process. Never returns."""
    try:
        with open(os.path.join(folder, "spec.json"), encoding="utf-8") as file:
            spec = json.load(file)
        _prepare_process(folder, spec)
        Replica(folder, spec).run(ready_fd)
    except BaseException as exception:
        logs.write_exception(exception, "FATAL")
        process.write_exit(folder, "crashed", process.EXIT_CODES["crashed"], message=f"{type(exception).__name__}: {exception}")
    os._exit(process.EXIT_CODES["crashed"])


def _prepare_process(folder: str, spec: dict) -> None:
    os.umask(0o077)
    process.remove(os.path.join(folder, "exit.json"))
    process.redirect_output(spec["log"])
    process.add_site_packages(spec.get("site_packages"))
    os.chdir(folder)
    if os.getsid(0) != os.getpid():
        os.setsid()
    process.rename("slipway-replica")
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.environ.update(spec.get("environment") or {})
    random.seed()
    if "numpy.random" in sys.modules:
        sys.modules["numpy.random"].seed()   # a fork must not draw the same numbers as its siblings
    sys.dont_write_bytecode = True   # the package's folder is not the replica's to write to
    faulthandler.enable(2)
    logs.install()


class _Newcomer:
    """A connection before its hello, read exactly to the end of that frame."""

    def __init__(self, channel: socket.socket) -> None:
        self.socket = channel
        self.since = time.monotonic()
        self.data = b""

    def read(self) -> "bytes | None":
        """The payload of the hello, or None while it is not whole. Raises ProtocolError or OSError."""
        while True:
            length = 9
            if len(self.data) >= frames.HEAD_BYTES:
                length, kind, _ = frames.head.unpack_from(self.data)
                if kind != frames.HELLO or not 9 <= length <= 4096:
                    raise frames.ProtocolError("hello")
                if len(self.data) == 4 + length:
                    return self.data[frames.HEAD_BYTES:]
            try:
                more = self.socket.recv(4 + length - len(self.data))
            except BlockingIOError:
                return None
            if not more:
                raise ConnectionResetError
            self.data += more


class Replica:
    def __init__(self, folder: str, spec: dict) -> None:
        self.folder = folder
        self.spec = spec
        self.queue = Queue(self)
        self.gate = Gate()
        self.state = "starting"
        self.refusal: "tuple[str, str] | None" = ("not_ready", "The model is not loaded yet.")
        """Code and message for requests that may not come in; None: they may."""
        self._outcome: "bytes | None" = None            # the frame `loaded` or `failed`
        self._connections: "list[Connection]" = []
        self._connections_lock = threading.Lock()       # of the list, the outcome and the state
        self._epoch = 0
        self._worker: "SyncWorkers | AsyncWorker | None" = None
        self._load = threading.Event()
        self._ending: "tuple[str, str] | None" = None   # reason and message, once decided
        self._ending_since = 0.0
        self._parting_since = 0.0
        self._last_connected = time.monotonic()
        # the replica's thread
        self._epoll = select.epoll()
        self._newcomers: "dict[int, _Newcomer]" = {}
        self._control: "dict[int, Connection]" = {}
        self._writers: "dict[int, Connection]" = {}
        self._watching = False                          # the gate is in the thread's epoll
        self._watch_lock = threading.Lock()
        self._wake_in, self._wake_out = os.pipe()

    # --- main thread

    def run(self, ready_fd: "int | None") -> None:
        path = self.spec["socket"]
        process.remove(path)
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(path)
        self._listener.listen(64)
        self._listener.setblocking(False)
        for descriptor in (self._wake_in, self._wake_out):
            os.set_blocking(descriptor, False)
        signal.signal(signal.SIGTERM, lambda *_: None)                    # its number arrives in the pipe, also while
        signal.set_wakeup_fd(self._wake_out, warn_on_full_buffer=False)   # native code keeps the main thread busy
        process.write_pid(self.folder)
        if ready_fd is not None:
            os.write(ready_fd, b"\n")
            os.close(ready_fd)
        threading.Thread(target=self._serve, name="replica", daemon=True).start()
        self._load.wait()
        model = self._load_model()
        if model is not None:
            self._worker.run()
        threading.Event().wait()   # the replica's thread ends the process

    def _load_model(self) -> "Model | None":
        started = time.monotonic()
        try:
            process.limit_address_space(self.spec.get("address_space_bytes"))
            model = import_model(self.spec)
            worker = self._start_worker(model)
        except BaseException as exception:
            failure = exception if isinstance(exception, LoadFailed) else guarded("load_failed", exception)
            logs.write_exception(exception.__cause__ or exception if isinstance(exception, LoadFailed) else exception)
            logs.finish()
            self._announce("failed", frames.json_frame(frames.FAILED, {"code": failure.code, "message": str(failure)[:2000]}))
            self.end(failure.code, str(failure)[:2000])
            return None
        gc.collect()
        gc.freeze()   # what was loaded stays: collections look at what calls leave behind only
        self._worker = worker
        self._announce("ready", frames.json_frame(frames.LOADED, {
            "load_ms": round((time.monotonic() - started) * 1000), "concurrency": model.concurrency, "batch": model.batch,
            "max_batch": model.max_batch if model.batch else 1, "streams": model.streams, "methods": sorted(model.methods)}))
        return model

    def _start_worker(self, model: Model) -> "SyncWorkers | AsyncWorker":
        if model.is_async:
            loop = asyncio.new_event_loop()
            asyncio.set_event_loop(loop)
            if model.load is not None:
                result = model.load.call(None, None)
                if model.load.is_async:
                    loop.run_until_complete(result)
            return AsyncWorker(model, self, loop)
        if model.load is not None:
            model.load.call(None, None)
        return SyncWorkers(model, self)

    def _announce(self, state: str, frame: bytes) -> None:
        with self._connections_lock:
            self._outcome = frame
            if self.state != "draining":
                self.state = state
                self.refusal = None if state == "ready" else ("not_ready", "The model could not be loaded.")
            for connection in self._connections:
                connection.send(frame)
        self._wake()

    # --- any thread

    def abandon(self, request: Request, status: int, code: str, message: str) -> None:
        """Answers a request in the model's stead, if nobody has answered it yet."""
        if request.close():
            request.gone = True
            request.connection.send(frames.error(request.id, status, code, message, begun=int(request.begun)))
            request.leave()

    def drain(self) -> None:
        """No new requests; the process ends when the last one is answered."""
        with self._connections_lock:
            if self.state != "draining":
                self.state = "draining"
                self.refusal = ("draining", "The replica is draining.")
        self._wake()

    def end(self, reason: str, message: str = "") -> None:
        """Ends the process as soon as what has been answered is sent."""
        if self._ending is None:
            self._ending_since = time.monotonic()
            self._ending = (reason, message)
        self._wake()

    def out_of_memory(self, exception: BaseException) -> None:
        self.refusal = ("draining", "The replica met its memory limit and ends.")
        logs.write_exception(exception, "FATAL")
        self.end("memory_limit")

    def pong(self) -> bytes:
        calls = list(self.queue.running)
        longest = max((time.monotonic() - call.started for call in calls), default=0.0)
        return frames.pong(sum(call.size for call in calls), len(self.queue.waiting), self.queue.calls, self.queue.requests,
                           process.resident_bytes(), min(int(longest * 1000), 0xFFFFFFFF))

    def watch_gate(self) -> None:
        """The replica's thread reads the gateways' connections, because the main thread is about to be busy."""
        with self._watch_lock:
            if not self._watching:
                self._watching = True
                self._epoll.register(self.gate.epoll.fileno(), select.EPOLLIN)

    def watch_writing(self, connection: Connection) -> None:
        """Called under the connection's sending lock."""
        self._writers[connection.fileno()] = connection
        if connection.role == "control":
            self._epoll.modify(connection.fileno(), select.EPOLLIN | select.EPOLLOUT)
        else:
            try:
                self._epoll.register(connection.fileno(), select.EPOLLOUT)
            except FileExistsError:
                pass   # it has just been flushed, and is not forgotten yet

    def _wake(self) -> None:
        try:
            os.write(self._wake_out, b"\0")
        except BlockingIOError:
            pass

    # --- the replica's thread

    def _serve(self) -> None:
        try:
            self._epoll.register(self._listener.fileno(), select.EPOLLIN)
            self._epoll.register(self._wake_in, select.EPOLLIN)
            while True:
                for descriptor, events in self._epoll.poll(self._tick_seconds(), 64):
                    self._handle(descriptor, events)
                self._tick(time.monotonic())
        except BaseException as exception:
            logs.write_exception(exception, "FATAL")
            self._exit("crashed", f"{type(exception).__name__}: {exception}")

    def _tick_seconds(self) -> float:
        if self._parting_since:
            return _PARTING_TICK
        if self._watching or self.queue.running or self.queue.waiting or self._ending or self.state == "draining":
            return _BUSY_TICK
        if self.gate.connections or self._newcomers:
            return _IDLE_TICK
        return min(5.0, self._no_server_seconds() / 4)

    def _no_server_seconds(self) -> float:
        return float(self.spec.get("no_server_seconds") or 600)

    def _handle(self, descriptor: int, events: int) -> None:
        if descriptor == self._listener.fileno():
            self._accept()
        elif descriptor == self._wake_in:
            if signal.SIGTERM in os.read(self._wake_in, 4096):
                self.drain()
        elif descriptor == self.gate.epoll.fileno():
            self._read_gate()
        elif descriptor in self._newcomers:
            self._greet(descriptor)
        else:
            writer = self._writers.get(descriptor)
            if writer is not None and events & ~select.EPOLLIN and writer.flush():
                self._stop_writing(descriptor, writer)
            control = self._control.get(descriptor)
            if control is not None and events & ~select.EPOLLOUT and not control.receive():
                self._drop_control(descriptor, control)

    def _read_gate(self) -> None:
        with self._watch_lock:
            if not (self._must_watch() and self.gate.leader.acquire(False)):
                self._epoll.unregister(self.gate.epoll.fileno())   # the main thread is back
                self._watching = False
                return
        try:
            self.gate.poll(0)
        finally:
            self.gate.leader.release()
        if self._worker is not None:
            self._worker.wake()

    def _must_watch(self) -> bool:
        worker = self._worker
        if worker is None or not worker.reads_for_itself:
            return True
        now = time.monotonic()
        return any(call.watched or now - call.started > _LONG_CALL for call in list(self.queue.running))

    def _stop_writing(self, descriptor: int, writer: Connection) -> None:
        with writer.sending:
            if writer.backlog and not writer.closed:
                return
            self._writers.pop(descriptor, None)
            if writer.closed:
                return
            if writer.role == "control":
                self._epoll.modify(descriptor, select.EPOLLIN)
            else:
                self._epoll.unregister(descriptor)

    def _tick(self, now: float) -> None:
        if not self._watching and self._must_watch():
            self.watch_gate()
        with self._connections_lock:
            connections = list(self._connections)
            self._connections[:] = [connection for connection in connections if not connection.closed]
        for connection in connections:
            for request in list(connection.open.values()):
                if request.deadline and now > request.deadline:
                    self.abandon(request, 504, "deadline", "The deadline passed before the model answered.")
        for descriptor, newcomer in list(self._newcomers.items()):
            if now - newcomer.since > _HELLO_SECONDS:
                self._forget(descriptor)
        if self._connections:
            self._last_connected = now
        elif now - self._last_connected > self._no_server_seconds():
            self.end("no_server")
        if self.state == "draining" and not any(connection.open or connection.backlog for connection in connections):
            self._part(now, connections)
        if self._ending is not None and (now - self._ending_since > _FAREWELL_SECONDS or not any(c.backlog for c in connections)):
            self._exit(*self._ending)

    def _part(self, now: float, connections: "list[Connection]") -> None:
        """The last step of a drain: no byte that the kernel accepts from now on is lost unseen.

        The gateways can send no more; their readers refuse what has come before, and close. What a gateway could not send was not begun.
        """
        if self._parting_since == 0.0:
            self._parting_since = now
            self._epoll.unregister(self._listener.fileno())
            self._listener.close()
            process.remove(self.spec["socket"])
        gateways = [connection for connection in connections if connection.role == "gateway" and not connection.closed]
        for connection in gateways:
            connection.stop_receiving()
        if not gateways or now - self._parting_since > _FAREWELL_SECONDS:
            self.end("drained")

    def _exit(self, reason: str, message: str) -> None:
        code = process.EXIT_CODES[reason]
        logs.finish()
        process.write_exit(self.folder, reason, code, message=message)
        process.remove(self.spec["socket"])
        process.end_session(os.getpid())
        os._exit(code)   # model code may hold the main thread, or threads of its own

    # --- connections

    def _accept(self) -> None:
        try:
            channel, _ = self._listener.accept()
        except (BlockingIOError, ConnectionError):
            return
        channel.setblocking(False)
        self._newcomers[channel.fileno()] = _Newcomer(channel)
        self._epoll.register(channel.fileno(), select.EPOLLIN)

    def _forget(self, descriptor: int) -> None:
        newcomer = self._newcomers.pop(descriptor)
        self._epoll.unregister(descriptor)
        newcomer.socket.close()

    def _greet(self, descriptor: int) -> None:
        newcomer = self._newcomers[descriptor]
        try:
            payload = newcomer.read()
            if payload is None:
                return
            hello = json.loads(payload)
            role, peer, epoch = hello["role"], str(hello["peer"]), int(hello["epoch"])
            if role not in ("control", "gateway"):
                raise ValueError(role)
        except (frames.ProtocolError, OSError, ValueError, KeyError, TypeError):
            self._forget(descriptor)
            return
        refusal = self._refuse(hello, epoch)
        if refusal is not None:
            try:
                newcomer.socket.send(frames.error(0, *refusal))
            except OSError:
                pass
            self._forget(descriptor)
            return
        del self._newcomers[descriptor]
        self._epoch = max(self._epoch, epoch)
        self._admit(Connection(newcomer.socket, role, peer, self))
        if role == "control" and not self._load.is_set():
            self._load.set()

    def _refuse(self, hello: dict, epoch: int) -> "tuple[int, str, str] | None":
        if not hmac.compare_digest(str(hello.get("token")).encode(), self.spec["token"].encode()):
            return 401, "bad_token", "The token is not this replica's."
        if epoch < self._epoch:
            return 409, "stale_epoch", f"A server of epoch {self._epoch} has been here; this is {epoch}."
        if hello.get("protocol") != PROTOCOL:
            return 400, "protocol_mismatch", f"This replica speaks version {PROTOCOL} of the protocol."
        return None

    def _admit(self, connection: Connection) -> None:
        if connection.role == "control":
            self._control[connection.fileno()] = connection
        else:
            self._epoll.unregister(connection.fileno())
        with self._connections_lock:
            for earlier in self._connections:
                if (earlier.role, earlier.peer) == (connection.role, connection.peer):
                    earlier.hang_up()
            if connection.role == "control" and self.state == "starting":
                self.state = "loading"
            connection.send(frames.json_frame(frames.HELLO, {
                "protocol": PROTOCOL, "replica": self.spec["replica"], "pid": os.getpid(), "state": self.state}))
            if self._outcome is not None:
                connection.send(self._outcome)
            self._connections.append(connection)
        if connection.role == "gateway":
            self.gate.add(connection)

    def _drop_control(self, descriptor: int, connection: Connection) -> None:
        del self._control[descriptor]
        self._writers.pop(descriptor, None)
        self._epoll.unregister(descriptor)
        connection.close()
