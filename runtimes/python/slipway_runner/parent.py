"""The warm parent of a Python environment: it has imported what packages import, and forks replicas in milliseconds.

One thread, so that a fork is safe; the collector is frozen, so that the children share its pages. It answers JSON lines on
`DIR/parent.sock` (docs/replica-protocol.md), waits for its children and writes the exit files of those that could not.
"""

import gc
import hmac
import importlib
import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import time

from slipway_runner import logs, process, replica

_LINE_BYTES = 65_536
_REQUEST_BYTES = 8 << 20   # secrets come with a request
_SPAWN_SECONDS = 30.0


def main(folder: str, imports: "list[str]") -> None:
    """Runs the parent of `folder` until it is told to end or has been idle for long."""
    with open(os.path.join(folder, "parent.json"), encoding="utf-8") as file:
        settings = json.load(file)
    os.umask(0o077)
    process.add_site_packages(settings.get("site_packages"))
    os.chdir(folder)
    if os.getsid(0) != os.getpid():
        os.setsid()
    process.rename("slipway-parent")
    gc.disable()
    Parent(folder, settings).run(imports)


class _Spawn:
    """A child that has not reported yet, and who asked for it."""

    def __init__(self, pid: int, caller: "_Caller") -> None:
        self.pid = pid
        self.caller = caller
        self.since = time.monotonic()


class _Caller:
    """One connection of the server."""

    def __init__(self, channel: socket.socket) -> None:
        self.channel = channel
        self.data = b""

    def answer(self, members: dict) -> None:
        try:
            self.channel.sendall(json.dumps(members).encode() + b"\n")
        except OSError:
            pass   # it has gone; its replica is known by its folder


class Parent:
    def __init__(self, folder: str, settings: dict) -> None:
        self._folder = folder
        self._token = settings["token"].encode()
        self._idle_seconds = float(settings.get("idle_seconds") or 3600)
        self._socket_path = os.path.join(folder, "parent.sock")
        self._selector = selectors.DefaultSelector()
        self._children: "dict[int, str]" = {}       # pid to the replica's folder
        self._imports: "dict[str, str]" = {}
        self._spawning: "dict[int, _Spawn]" = {}    # by the pipe's descriptor
        self._channels: "list[socket.socket]" = []  # kept from the children
        self._ended = False

    def run(self, imports: "list[str]") -> None:
        process.remove(self._socket_path)
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listener.bind(self._socket_path)
        listener.listen(64)
        signals_in, signals_out = socket.socketpair()
        for channel in (listener, signals_in, signals_out):
            channel.setblocking(False)
        self._channels = [listener, signals_in, signals_out]
        for number in (signal.SIGCHLD, signal.SIGTERM):
            signal.signal(number, lambda *_: None)
        signal.set_wakeup_fd(signals_out.fileno(), warn_on_full_buffer=False)
        process.write_pid(self._folder)
        self._import(imports)
        gc.collect()
        gc.freeze()
        self._selector.register(listener, selectors.EVENT_READ, self._accept)
        self._selector.register(signals_in, selectors.EVENT_READ, self._signalled)

        last_used = time.monotonic()
        while not self._ended:
            events = self._selector.select(min(60.0, self._idle_seconds / 4))
            for key, _ in events:
                key.data(key.fileobj)
            now = time.monotonic()
            self._give_up(now)
            if events or self._children:
                last_used = now
            elif now - last_used > self._idle_seconds:
                break
        process.remove(self._socket_path)

    def _import(self, names: "list[str]") -> None:
        for name in names:
            try:
                importlib.import_module(name)
                self._imports[name] = "ok"
            except BaseException as exception:
                self._imports[name] = f"{type(exception).__name__}: {exception}"

    # --- the server's requests

    def _accept(self, listener: socket.socket) -> None:
        try:
            channel, _ = listener.accept()
        except (BlockingIOError, ConnectionError):
            return
        channel.settimeout(5)
        caller = _Caller(channel)
        self._selector.register(channel, selectors.EVENT_READ, lambda _: self._read(caller))

    def _read(self, caller: _Caller) -> None:
        try:
            data = caller.channel.recv(_LINE_BYTES)
        except OSError:
            data = b""
        caller.data += data
        *lines, caller.data = caller.data.split(b"\n")
        for line in lines:
            self._answer(caller, line)
        if not data or len(caller.data) > _REQUEST_BYTES:
            self._selector.unregister(caller.channel)
            caller.channel.close()

    def _answer(self, caller: _Caller, line: bytes) -> None:
        try:
            request = json.loads(line)
            operation, token = request["op"], str(request["token"]).encode("utf-8", "surrogatepass")
        except (ValueError, KeyError, TypeError, RecursionError):
            caller.answer({"error": "A request is a JSON object with op and token.", "code": "bad_request"})
            return
        if not hmac.compare_digest(token, self._token):
            caller.answer({"error": "The token is not this parent's.", "code": "bad_token"})
        elif operation == "ping":
            caller.answer({"imports": self._imports, "children": len(self._children)})
        elif operation == "end":
            self._ended = True
            caller.answer({"children": len(self._children)})
        elif operation == "spawn" and os.path.isfile(os.path.join(str(request.get("folder")), "spec.json")):
            self._spawn(caller, os.path.abspath(request["folder"]), request.get("fork", True), request.get("secrets") or {})
        else:
            caller.answer({"error": "op is ping, end, or spawn with the folder of a replica.", "code": "bad_request"})

    def _spawn(self, caller: _Caller, folder: str, fork: bool, secrets: dict) -> None:
        """The answer follows when the child has written pid.json and with it a byte into the pipe."""
        process.remove(os.path.join(folder, "pid.json"))
        ready_in, ready_out = os.pipe()
        try:
            pid = self._fork(folder, ready_out, ready_in, secrets) if fork else self._start(folder, ready_out, secrets)
        except OSError as exception:
            os.close(ready_in)
            caller.answer({"error": str(exception), "code": "spawn_failed"})
            return
        finally:
            os.close(ready_out)
        self._children[pid] = folder
        self._spawning[ready_in] = _Spawn(pid, caller)
        self._selector.register(ready_in, selectors.EVENT_READ, self._reported)

    def _fork(self, folder: str, ready_out: int, ready_in: int, secrets: dict) -> int:
        handled = {signal.SIGCHLD, signal.SIGTERM}
        signal.pthread_sigmask(signal.SIG_BLOCK, handled)   # the child must not answer for the parent in its first moments
        pid = os.fork()
        if pid:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, handled)
            return pid
        try:
            signal.set_wakeup_fd(-1)
            for number in handled:
                signal.signal(number, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, handled)
            inherited = {key.fd for key in self._selector.get_map().values()} | {channel.fileno() for channel in self._channels}
            self._selector.close()
            for descriptor in inherited | {ready_in}:
                try:
                    os.close(descriptor)
                except OSError:
                    pass   # closed with its object already
            os.setsid()
            gc.enable()
            sys.argv = ["slipway_runner", "replica", "--folder", folder]
            replica.main(folder, ready_out, secrets)
        except BaseException as exception:
            logs.write_exception(exception, "FATAL")
        finally:
            os._exit(process.EXIT_CODES["crashed"])

    def _start(self, folder: str, ready_out: int, secrets: dict) -> int:
        """Secrets go through an unnamed file in memory: arguments and the environment of a process can be read from outside."""
        runner = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
        environment = dict(os.environ, PYTHONPATH=os.pathsep.join(filter(None, [runner, os.environ.get("PYTHONPATH")])))
        handed = os.memfd_create("slipway", os.MFD_CLOEXEC)
        try:
            os.write(handed, json.dumps(secrets).encode())
            os.lseek(handed, 0, os.SEEK_SET)
            child = subprocess.Popen(
                [sys.executable, *(["-s"] if sys.flags.no_user_site else []), "-m", "slipway_runner", "replica", "--folder", folder, "--ready-fd", str(ready_out),
                 "--secrets-fd", str(handed)],
                cwd=folder, env=environment, pass_fds=[ready_out, handed], start_new_session=True, stdin=subprocess.DEVNULL)
        finally:
            os.close(handed)
        child.returncode = 0   # this parent waits for its children itself
        return child.pid

    def _reported(self, ready_in: int) -> None:
        spawn = self._spawning.pop(ready_in)
        ready = os.read(ready_in, 1)
        self._selector.unregister(ready_in)
        os.close(ready_in)
        try:
            if not ready:
                raise ProcessLookupError
            spawn.caller.answer({"pid": spawn.pid, "start_time": process.start_time(spawn.pid)})
        except OSError:
            spawn.caller.answer({"error": "The replica ended before it listened; its log and exit.json say why.", "code": "spawn_failed"})

    def _give_up(self, now: float) -> None:
        """On children that live and do not report."""
        for spawn in self._spawning.values():
            if now - spawn.since > _SPAWN_SECONDS and spawn.pid in self._children:
                os.kill(spawn.pid, signal.SIGKILL)

    # --- children

    def _signalled(self, channel: socket.socket) -> None:
        if signal.SIGTERM in channel.recv(4096):
            self._ended = True
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            process.end_session(pid)   # a session's id is not used again while it has members
            folder = self._children.pop(pid, None)
            if folder is not None and not os.path.exists(os.path.join(folder, "exit.json")):
                if os.WIFSIGNALED(status):
                    process.write_exit(folder, "signal", signal_number=os.WTERMSIG(status))
                else:
                    process.write_exit(folder, "crashed", os.WEXITSTATUS(status))
