"""One replica from its start to its end. The main thread, here, loads the model and then runs it (sync_worker.py, async_worker.py)."""

import asyncio
import faulthandler
import gc
import json
import os
import random
import signal
import sys
import threading
import time

from slipway_runner import frames, logs, process
from slipway_runner.async_worker import AsyncWorker
from slipway_runner.connection import Connection
from slipway_runner.gate import Gate
from slipway_runner.model import LoadFailed, Model, guarded, import_model
from slipway_runner.queue import Queue
from slipway_runner.reloading import Reloader
from slipway_runner.replica_thread import ReplicaThread
from slipway_runner.request import Request
from slipway_runner.sync_worker import SyncWorkers


def main(folder: str, ready_fd: "int | None" = None, secrets: "dict[str, str] | None" = None) -> None:
    """Runs the replica of `folder` in this process. Never returns.

    Secrets are in no file: the model gets them as its argument `secrets` and as environment variables. What is written through Python's own streams and logging shows
    `[secret NAME]` instead (`logs.hide`).
    """
    try:
        with open(os.path.join(folder, "spec.json"), encoding="utf-8") as file:
            spec = json.load(file)
        spec["context"] = {**(spec.get("context") or {}), "secrets": secrets or {}}
        _prepare_process(folder, spec)
        Replica(folder, spec).run(ready_fd)
    except BaseException as exception:
        logs.write_exception(exception, "FATAL")
        process.write_exit(folder, "crashed", process.EXIT_CODES["crashed"], message=logs.clean(f"{type(exception).__name__}: {exception}"))
    os._exit(process.EXIT_CODES["crashed"])


def _prepare_process(folder: str, spec: dict) -> None:
    os.umask(0o077)
    process.remove(os.path.join(folder, "exit.json"))
    process.redirect_output(spec["log"])
    process.add_site_packages(spec.get("site_packages"))
    os.chdir(folder)
    _own_temporary_folder(folder)
    if os.getsid(0) != os.getpid():
        os.setsid()
    process.rename("slipway-replica")
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.environ.update(spec.get("environment") or {})
    os.environ.update(spec["context"]["secrets"])
    logs.hide(spec["context"]["secrets"])
    random.seed()
    if "numpy.random" in sys.modules:
        sys.modules["numpy.random"].seed()   # a fork must not draw the same numbers as its siblings
    sys.dont_write_bytecode = True   # the package's folder is not the replica's to write to
    faulthandler.enable(2)
    logs.install()


def _own_temporary_folder(folder: str) -> None:
    """Temporary files are counted with what the replica writes, and go with its folder. Where that would leave the sockets of `multiprocessing` too long a name they stay where they were."""
    os.environ["HOME"] = folder
    temporary = os.path.join(folder, "tmp")
    if len(temporary) + len("/pymp-12345678/listener-12345678") > 107:   # sockaddr_un.sun_path
        return
    os.makedirs(temporary, exist_ok=True)
    os.environ["TMPDIR"] = temporary
    if "tempfile" in sys.modules:
        sys.modules["tempfile"].tempdir = None   # a warm parent may have asked for its own


class Replica:
    """What the threads share. Of its thread it knows that it can be woken and told to end the process."""

    def __init__(self, folder: str, spec: dict) -> None:
        self.folder = folder
        self.spec = spec
        self.queue = Queue(self)
        self.gate = Gate()
        self.lock = threading.Lock()            # of the state, the outcome and the list of connections
        self.state = "starting"
        self.outcome: "bytes | None" = None     # the frame `loaded` or `failed`
        self.connections: "list[Connection]" = []
        self.refusal: "tuple[str, str] | None" = ("not_ready", "The model is not loaded yet.")
        """Code and message for requests that may not come in; None: they may."""
        self.worker: "SyncWorkers | AsyncWorker | None" = None
        self.load_asked = threading.Event()
        self._reloader: "Reloader | None" = None
        self._program = None   # a command.Program, if the model is one; from before it is loaded: how it is checked may change while it loads
        self._thread = ReplicaThread(self)
        self.watch_gate = self._thread.watch_gate
        self.watch_writing = self._thread.watch_writing

    # --- main thread

    def run(self, ready_fd: "int | None") -> None:
        self._thread.listen()
        process.write_pid(self.folder)
        if ready_fd is not None:
            os.write(ready_fd, b"\n")
            os.close(ready_fd)
        self._thread.start()
        self.load_asked.wait()
        if self._load_model():
            self.worker.run()
        threading.Event().wait()   # the replica's thread ends the process

    def _load_model(self) -> bool:
        started = time.monotonic()
        try:
            process.limit_address_space(self.spec.get("address_space_bytes"))
            model = import_model(self.spec)
            self._program = model.program
            worker = self._start_worker(model)
        except BaseException as exception:
            failure = exception if isinstance(exception, LoadFailed) else guarded("load_failed", exception)
            logs.write_exception(exception.__cause__ or exception if isinstance(exception, LoadFailed) else exception)
            logs.finish()
            self._announce("failed", frames.json_frame(frames.FAILED, {"code": failure.code, "message": str(failure)[:2000]}))
            self._thread.end(failure.code, str(failure)[:2000])
            return False
        gc.collect()
        gc.freeze()   # what was loaded stays: collections look at what calls leave behind only
        self.worker = worker
        self._reloader = Reloader(self, model)
        self._load_ms = round((time.monotonic() - started) * 1000)
        self._announce("ready", self._loaded(model))
        return True

    def _loaded(self, model: Model) -> bytes:
        return frames.json_frame(frames.LOADED, {
            "load_ms": self._load_ms, "concurrency": model.concurrency, "batch": model.batch,
            "max_batch": model.max_batch if model.batch else 1, "streams": model.streams, "methods": sorted(model.methods)})

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
        with self.lock:
            self.outcome = frame
            if self.state != "draining":
                self.state = state
                self.refusal = None if state == "ready" else ("not_ready", "The model could not be loaded.")
            for connection in self.connections:
                connection.send(frame)
        self._thread.wake()

    # --- any thread

    def abandon(self, request: Request, status: int, code: str, message: str) -> None:
        """Answers a request in the model's stead, if nobody has answered it yet."""
        if request.close():
            request.gone = True
            request.connection.send(frames.error(request.id, status, code, message, begun=int(request.begun)))
            request.leave()

    def reload(self, connection: Connection, request: int, payload: bytes) -> None:
        """Answers on the connection when the model of another folder answers here, or cannot."""
        try:
            members = json.loads(payload)
            package, about = members["package"], members["model"]
            if not isinstance(package, str) or not isinstance(about, dict):
                raise TypeError("package and model")
        except Exception as exception:
            raise frames.ProtocolError("reload") from exception
        if self._reloader is None or self.state != "ready":
            connection.send(frames.error(request, 503, "not_ready", "No model is loaded here that another could take the place of."))
        else:
            self._reloader.start(request, members, connection.send)

    def model_replaced(self, model: Model) -> None:
        """What a connection that is made later is told."""
        with self.lock:
            self.outcome = self._loaded(model)

    def drain(self) -> None:
        """No new requests; the process ends when the last one is answered."""
        with self.lock:
            if self.state != "draining":
                self.state = "draining"
                self.refusal = ("draining", "The replica is draining.")
        self._thread.wake()

    def out_of_memory(self, exception: BaseException) -> None:
        self.refusal = ("draining", "The replica met its memory limit and ends.")
        logs.write_exception(exception, "FATAL")
        self._thread.end("memory_limit")

    def check_as(self, asked: bytes) -> None:
        """What a ping of the server carries: how the deployment wants a program checked."""
        if self._program is not None:
            try:
                self._program.check_as(json.loads(asked) if asked else None)
            except (ValueError, TypeError, AttributeError) as exception:
                raise frames.ProtocolError("ping") from exception

    def is_well(self) -> bool:
        """A program that fails its health check is silent, and silence is what takes a replica out of rotation and ends it."""
        worker = self.worker
        return worker is None or worker.model.program is None or worker.model.program.well

    def pong(self) -> bytes:
        calls = list(self.queue.running)
        longest = max((time.monotonic() - call.started for call in calls), default=0.0)
        return frames.pong(sum(call.size for call in calls), len(self.queue.waiting), self.queue.calls, self.queue.requests,
                           process.resident_bytes(), min(int(longest * 1000), 0xFFFFFFFF))
