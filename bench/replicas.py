"""Python replicas without the control plane: a warm parent, replica folders, and enough of the frames to ask for one answer."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import pathlib
import secrets
import signal
import socket
import struct
import subprocess
import time
import uuid

from harness import ROOT, UNDER_TEST, Process
from report import PYTHON

RUNNER = ROOT / "runtimes/python"
TRAIN = """
import joblib, sys
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
x, y = load_iris(return_X_y=True)
joblib.dump(LogisticRegression(max_iter=1000).fit(x, y), sys.argv[1] + "/logistic.joblib")
joblib.dump(RandomForestClassifier(n_estimators=100, random_state=7).fit(x, y), sys.argv[1] + "/forest.joblib")
"""


def train(folder: pathlib.Path) -> None:
    subprocess.run([PYTHON, "-c", TRAIN, str(folder)], check=True)


class Parent:
    """A warm parent on the CPU under test, with its imports done."""

    def __init__(self, folder: pathlib.Path, imports: str = "numpy,joblib,sklearn.linear_model,sklearn.ensemble"):
        self.folder = folder
        self.token = secrets.token_hex(16)
        folder.mkdir(parents=True)
        (folder / "parent.json").write_text(json.dumps({"token": self.token, "site_packages": []}))
        self.process = Process([PYTHON, "-m", "slipway_runner", "parent", "--folder", str(folder), "--imports", imports], UNDER_TEST, cwd=RUNNER)
        self.replicas: list[Replica] = []
        try:
            wait_for(folder / "parent.sock")
            self._wait_until_it_listens()
        except BaseException:
            self.process.stop()
            raise

    def ask(self, **request) -> dict:
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(60)
            s.connect(str(self.folder / "parent.sock"))
            s.sendall(json.dumps({**request, "token": self.token}).encode() + b"\n")
            answer = json.loads(s.makefile().readline())
        if "error" in answer:
            raise RuntimeError(answer)
        return answer

    def _wait_until_it_listens(self, seconds: float = 60) -> None:
        began = time.perf_counter()
        while True:
            try:
                self.ask(op="ping")
                return
            except ConnectionRefusedError:  # bound, and not listening yet
                if time.perf_counter() - began > seconds:
                    raise
                time.sleep(0.005)

    def spawn(self, name: str, package: pathlib.Path, module: str, batch: bool = True) -> "Replica":
        folder = self.folder / name
        token = write_spec(folder, package, module, batch)
        replica = Replica(folder, token, self.ask(op="spawn", folder=str(folder), fork=True)["pid"])
        self.replicas.append(replica)
        return replica

    def stop(self) -> None:
        """Ends the parent and its replicas, which are in sessions of their own and outlive it."""
        for replica in self.replicas:
            if pathlib.Path(f"/proc/{replica.pid}/cwd").exists():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(replica.pid, signal.SIGKILL)
        self.process.stop()


def write_spec(folder: pathlib.Path, package: pathlib.Path, module: str, batch: bool = True) -> str:
    """What a replica of an estimator is started with; its token."""
    folder.mkdir()
    token = secrets.token_hex(16)
    (folder / "spec.json").write_text(json.dumps({
        "replica": folder.name, "token": token, "socket": str(folder / "replica.sock"), "log": str(folder / "log"), "package": str(package), "runtime": "python",
        "site_packages": [], "max_batch": 64, "predict_concurrency": 1, "no_server_seconds": 600, "memory_bytes": None, "address_space_bytes": None,
        "environment": {}, "deployment": "production/bench", "context": {"environment": "production", "secrets": {}},
        "model": {"kind": "estimator", "module": module, "class": None, "config": {}, "batch": batch, "max_batch": 64 if batch else 1, "predict_concurrency": 1, "fork": True}}))
    return token


class Replica:
    def __init__(self, folder: pathlib.Path, token: str, pid: int):
        self.socket, self.token, self.pid = folder / "replica.sock", token, pid

    def connect(self, role: str) -> "Frames":
        return Frames(self.socket, {"protocol": 1, "role": role, "peer": "bench", "token": self.token, "epoch": 1})


class Frames:
    """One connection to a replica, blocking."""

    def __init__(self, path: pathlib.Path, hello: dict):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(60)
        began = time.perf_counter()
        while (refused := self.socket.connect_ex(str(path))) != 0:  # bound, and not listening yet
            if refused != errno.ECONNREFUSED or time.perf_counter() - began > 5:
                raise OSError(refused, os.strerror(refused), str(path))
            time.sleep(0.001)
        self.stream = self.socket.makefile("rb")
        self.send(1, 0, json.dumps(hello).encode())
        assert self.read()[0] == 1, "a hello is answered by a hello"

    def send(self, kind: int, request: int, payload: bytes = b"") -> None:
        self.socket.sendall(struct.pack("<IBQ", 9 + len(payload), kind, request) + payload)

    def read(self) -> tuple[int, int, bytes]:
        length, kind, request = struct.unpack("<IBQ", self.stream.read(13))
        return kind, request, self.stream.read(length - 9)

    def loaded(self) -> dict:
        kind, _, payload = self.read()
        assert kind == 2, (kind, payload)
        return json.loads(payload)

    def predict(self, body: bytes) -> bytes:
        self.send(4, 1, struct.pack("<B16sIBH", 0, uuid.uuid4().bytes, 60_000, 1, 0) + body)
        kind, _, payload = self.read()
        assert kind == 6, (kind, payload)
        return payload[6:]

    def serve(self, body: bytes, requests: int, together: int) -> None:
        """Load: so many requests are sent before the answers to them are read."""
        for first in range(0, requests, together):
            numbers = range(first + 1, min(first + together, requests) + 1)
            for number in numbers:
                self.send(4, number, struct.pack("<B16sIBH", 0, uuid.uuid4().bytes, 60_000, 1, 0) + body)
            for _ in numbers:
                kind, _, payload = self.read()
                assert kind == 6, (kind, payload)

    def close(self) -> None:
        self.stream.close()
        self.socket.close()


def wait_for(path: pathlib.Path, seconds: float = 60) -> None:
    began = time.perf_counter()
    while not path.exists():
        if time.perf_counter() - began > seconds:
            raise TimeoutError(path)
        time.sleep(0.005)
