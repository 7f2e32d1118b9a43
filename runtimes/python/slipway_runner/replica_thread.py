"""The replica's thread: it accepts connections, serves the control connection, ends late requests and, in the end, the process.

It reads the gateways' connections too whenever the main thread does not (gate.py). It never runs the model's code, so it answers
pings while a model computes.
"""

import os
import select
import signal
import socket
import threading
import time

from slipway_runner import PROTOCOL, frames, logs, process
from slipway_runner.connection import Connection
from slipway_runner.newcomer import Newcomer

_IDLE_TICK = 0.25
_BUSY_TICK = 0.05
_PARTING_TICK = 0.005
_LONG_CALL = 0.02
"""Seconds after which this thread reads in place of the one that is inside a call."""
_HELLO_SECONDS = 5.0
_FAREWELL_SECONDS = 3.0
"""How long unsent frames may hold up the end of the process."""


class ReplicaThread:
    def __init__(self, replica) -> None:
        self._replica = replica
        self._epoll = select.epoll()
        self._newcomers: "dict[int, Newcomer]" = {}
        self._control: "dict[int, Connection]" = {}
        self._writers: "dict[int, Connection]" = {}
        self._watching = False                          # the gate is in this thread's epoll
        self._watch_lock = threading.Lock()
        self._wake_in, self._wake_out = os.pipe()
        self._epoch = 0
        self._ending: "tuple[str, str] | None" = None   # reason and message, once decided
        self._ending_since = 0.0
        self._parting_since = 0.0
        self._last_connected = time.monotonic()

    def listen(self) -> None:
        """By the main thread: signals are its own."""
        path = self._replica.spec["socket"]
        process.remove(path)
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(path)
        self._listener.listen(64)
        self._listener.setblocking(False)
        for descriptor in (self._wake_in, self._wake_out):
            os.set_blocking(descriptor, False)
        signal.signal(signal.SIGTERM, lambda *_: None)                    # its number arrives in the pipe, also while
        signal.set_wakeup_fd(self._wake_out, warn_on_full_buffer=False)   # native code keeps the main thread busy

    def start(self) -> None:
        threading.Thread(target=self._run, name="replica", daemon=True).start()

    # --- any thread

    def wake(self) -> None:
        try:
            os.write(self._wake_out, b"\0")
        except BlockingIOError:
            pass

    def end(self, reason: str, message: str = "") -> None:
        """Ends the process as soon as what has been answered is sent."""
        if self._ending is None:
            self._ending_since = time.monotonic()
            self._ending = (reason, message)
        self.wake()

    def watch_gate(self) -> None:
        """The replica's thread reads the gateways' connections, because the main thread is about to be busy."""
        with self._watch_lock:
            if not self._watching:
                self._watching = True
                self._epoll.register(self._replica.gate.epoll.fileno(), select.EPOLLIN)

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

    # --- this thread

    def _run(self) -> None:
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
        if self._watching or self._replica.queue.running or self._replica.queue.waiting or self._ending or self._replica.state == "draining":
            return _BUSY_TICK
        if self._replica.gate.connections or self._newcomers:
            return _IDLE_TICK
        return min(5.0, self._no_server_seconds() / 4)

    def _no_server_seconds(self) -> float:
        return float(self._replica.spec.get("no_server_seconds") or 600)

    def _handle(self, descriptor: int, events: int) -> None:
        if descriptor == self._listener.fileno():
            self._accept()
        elif descriptor == self._wake_in:
            if signal.SIGTERM in os.read(self._wake_in, 4096):
                self._replica.drain()
        elif descriptor == self._replica.gate.epoll.fileno():
            self._read_gate()
        elif descriptor in self._newcomers:
            self._greet(self._newcomers[descriptor])
        else:
            writer = self._writers.get(descriptor)
            if writer is not None and events & ~select.EPOLLIN and writer.flush():
                self._stop_writing(descriptor, writer)
            control = self._control.get(descriptor)
            if control is not None and events & ~select.EPOLLOUT and not control.receive():
                self._drop_control(descriptor, control)

    def _read_gate(self) -> None:
        with self._watch_lock:
            if not (self._must_watch() and self._replica.gate.leader.acquire(False)):
                self._epoll.unregister(self._replica.gate.epoll.fileno())   # the main thread is back
                self._watching = False
                return
        try:
            self._replica.gate.poll(0)
        finally:
            self._replica.gate.leader.release()
        if self._replica.worker is not None:
            self._replica.worker.wake()

    def _must_watch(self) -> bool:
        worker = self._replica.worker
        if worker is None or not worker.reads_for_itself:
            return True
        now = time.monotonic()
        return any(call.watched or now - call.started > _LONG_CALL for call in list(self._replica.queue.running))

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
        with self._replica.lock:
            connections = list(self._replica.connections)
            self._replica.connections[:] = [connection for connection in connections if not connection.closed]
        for connection in connections:
            for request in list(connection.open.values()):
                if request.deadline and now > request.deadline:
                    self._replica.abandon(request, 504, "deadline", "The deadline passed before the model answered.")
        for newcomer in list(self._newcomers.values()):
            if now - newcomer.since > _HELLO_SECONDS:
                self._forget(newcomer)
        if self._replica.connections:
            self._last_connected = now
        elif now - self._last_connected > self._no_server_seconds():
            self.end("no_server")
        if self._replica.state == "draining" and not any(connection.open or connection.backlog for connection in connections):
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
            process.remove(self._replica.spec["socket"])
        gateways = [connection for connection in connections if connection.role == "gateway" and not connection.closed]
        for connection in gateways:
            connection.stop_receiving()
        if not gateways or now - self._parting_since > _FAREWELL_SECONDS:
            self.end("drained")

    def _exit(self, reason: str, message: str) -> None:
        code = process.EXIT_CODES[reason]
        logs.finish()
        process.write_exit(self._replica.folder, reason, code, message=message)
        process.remove(self._replica.spec["socket"])
        process.end_session(os.getpid())
        os._exit(code)   # model code may hold the main thread, or threads of its own

    # --- connections

    def _accept(self) -> None:
        try:
            channel, _ = self._listener.accept()
        except (BlockingIOError, ConnectionError):
            return
        channel.setblocking(False)
        self._newcomers[channel.fileno()] = Newcomer(channel)
        self._epoll.register(channel.fileno(), select.EPOLLIN)

    def _forget(self, newcomer: Newcomer) -> None:
        del self._newcomers[newcomer.fileno()]
        self._epoll.unregister(newcomer.fileno())
        newcomer.socket.close()

    def _greet(self, newcomer: Newcomer) -> None:
        try:
            hello = newcomer.read()
        except (frames.ProtocolError, OSError):
            self._forget(newcomer)
            return
        if hello is None:
            return
        refusal = hello.refusal(self._replica.spec["token"], self._epoch)
        if refusal is not None:
            try:
                newcomer.socket.send(frames.error(0, *refusal))
            except OSError:
                pass
            self._forget(newcomer)
            return
        del self._newcomers[newcomer.fileno()]
        self._epoch = max(self._epoch, hello.epoch)
        self._admit(Connection(newcomer.socket, hello.role, hello.peer, self._replica))

    def _admit(self, connection: Connection) -> None:
        replica = self._replica
        if connection.role == "control":
            self._control[connection.fileno()] = connection
        else:
            self._epoll.unregister(connection.fileno())
        with replica.lock:
            for earlier in replica.connections:
                if (earlier.role, earlier.peer) == (connection.role, connection.peer):
                    earlier.hang_up()
            if connection.role == "control" and replica.state == "starting":
                replica.state = "loading"
            connection.send(frames.json_frame(frames.HELLO, {
                "protocol": PROTOCOL, "replica": replica.spec["replica"], "pid": os.getpid(), "state": replica.state}))
            if replica.outcome is not None:
                connection.send(replica.outcome)
            replica.connections.append(connection)
        if connection.role == "control":
            replica.load_asked.set()
        else:
            replica.gate.add(connection)

    def _drop_control(self, descriptor: int, connection: Connection) -> None:
        del self._control[descriptor]
        self._writers.pop(descriptor, None)
        self._epoll.unregister(descriptor)
        connection.close()
