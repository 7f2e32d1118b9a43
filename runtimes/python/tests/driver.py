"""The server's side of the protocol for tests: starts replicas and parents as processes, speaks frames over real sockets.

Its reading of frames is its own, so that a mistake in slipway_runner.frames is not made twice.
"""

import collections
import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import unittest
import uuid

RUNNER = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, RUNNER)
VECTORS = os.path.join(os.path.dirname(os.path.dirname(RUNNER)), "docs", "replica-protocol-vectors.json")
TOKEN = "t0ken"
CONTENT_TYPES = {1: "application/json", 2: "application/octet-stream", 3: "text/plain; charset=utf-8"}

Frame = collections.namedtuple("Frame", "kind request payload")
Answer = collections.namedtuple("Answer", "status content_type extras body outcome end")
"""A whole answer: outcome is 0 complete, 1 broken, or None for one that was a single `result`."""


class Refused(Exception):
    """An `error` frame."""

    def __init__(self, status, source, begun, code, message):
        super().__init__(f"{status} {code}: {message}")
        self.status, self.source, self.begun, self.code, self.message = status, source, begun, code, message


def pack(kind, request=0, payload=b""):
    return struct.pack("<IBQ", 9 + len(payload), kind, request) + payload


def pack_predict(request, body, prediction=None, deadline_ms=0, content_type=1, extras=None, more=False):
    text = json.dumps(extras).encode() if extras else b""
    prediction = prediction or uuid.uuid4()
    return pack(4, request, struct.pack("<B16sIBH", more, prediction.bytes, deadline_ms, content_type, len(text)) + text + body)


def parse_error(payload):
    status, source, begun, size = struct.unpack_from("<HBBB", payload)
    return Refused(status, source, begun, payload[5:5 + size].decode(), payload[5 + size:].decode())


def parse_result(payload):
    """Flags, status, content type, extras, body."""
    flags, status, code, size = struct.unpack_from("<BHBH", payload)
    extras = json.loads(payload[6:6 + size]) if size else {}
    return flags, status, CONTENT_TYPES.get(code) or extras.get("content_type"), extras, payload[6 + size:]


class Closed(Exception):
    """The replica closed the connection."""


class Connection:
    """One connection to a replica, of either role. Blocking, with a timeout."""

    def __init__(self, path, role, peer="test", token=TOKEN, epoch=1, protocol=1, timeout=10):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(timeout)
        try:
            self.socket.connect(path)
            self._greet(role, peer, token, epoch, protocol)
        except BaseException:
            self.socket.close()
            raise

    def _greet(self, role, peer, token, epoch, protocol):
        self.data = b""
        self.inbox = collections.defaultdict(collections.deque)
        self.next_id = 1
        hello = {"protocol": protocol, "role": role, "peer": peer, "token": token, "epoch": epoch}
        self.socket.sendall(pack(1, 0, json.dumps(hello).encode()))
        frame = self.read()
        if frame.kind == 10:
            raise parse_error(frame.payload)
        assert frame.kind == 1, frame
        self.hello = json.loads(frame.payload)

    def read(self):
        """The next frame."""
        while True:
            if len(self.data) >= 4:
                length = struct.unpack_from("<I", self.data)[0]
                if len(self.data) >= 4 + length:
                    kind, request = struct.unpack_from("<BQ", self.data, 4)
                    payload = self.data[13:4 + length]
                    self.data = self.data[4 + length:]
                    assert length <= 65536
                    return Frame(kind, request, payload)
            try:
                more = self.socket.recv(262144)
            except ConnectionError:
                more = b""
            if not more:
                raise Closed()
            self.data += more

    def read_for(self, request):
        """The next frame of one request; those of others are kept."""
        while not self.inbox[request]:
            frame = self.read()
            self.inbox[frame.request].append(frame)
        return self.inbox[request].popleft()

    def send(self, data):
        self.socket.sendall(data)

    def wait_loaded(self):
        """What `loaded` says; raises AssertionError with what `failed` says."""
        frame = self.read_for(0)
        assert frame.kind == 2, frame
        return json.loads(frame.payload)

    def wait_failed(self):
        frame = self.read_for(0)
        assert frame.kind == 3, frame
        return json.loads(frame.payload)

    def ask(self, value, **options):
        """Sends a prediction with a JSON body (or bytes as they are) and returns its request id."""
        request, self.next_id = self.next_id, self.next_id + 1
        body = value if isinstance(value, bytes) else json.dumps(value).encode()
        self.send(pack_predict(request, body, **options))
        return request

    def answer(self, request):
        """Reads to the last frame, granting credit for what came. Raises Refused for an `error`."""
        frame = self.read_for(request)
        if frame.kind == 10:
            raise parse_error(frame.payload)
        assert frame.kind == 6, frame
        flags, status, content_type, extras, body = parse_result(frame.payload)
        if not flags & 1:
            return Answer(status, content_type, extras, body, None, None)
        while True:
            frame = self.read_for(request)
            if frame.kind == 7:
                body += frame.payload
                self.send(pack(9, request, struct.pack("<I", len(frame.payload))))
            elif frame.kind == 8:
                members = json.loads(frame.payload[1:]) if len(frame.payload) > 1 else None
                return Answer(status, content_type, extras, body, frame.payload[0], members)
            else:
                raise parse_error(frame.payload)

    def predict(self, value, **options):
        """The answer, from JSON if it is JSON."""
        answer = self.answer(self.ask(value, **options))
        return json.loads(answer.body) if answer.content_type == "application/json" else answer.body

    def ping(self, payload=b""):
        self.send(pack(12, 0, payload))
        frame = self.read_for(0)
        assert frame.kind == 13, frame
        return dict(zip(("in_flight", "waiting", "calls", "requests", "resident_bytes", "longest_ms"),
                        struct.unpack("<IIQQQI", frame.payload)))

    def cancel(self, request):
        self.send(pack(11, request))

    def drain(self):
        self.send(pack(14))

    def close(self):
        self.socket.close()


def wait_until(condition, seconds=5.0, what=""):
    """Polls: for what other processes do, which nobody announces."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what or condition}")
        time.sleep(0.01)


def is_alive(pid):
    """Zombies are not."""
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


class ReplicaFolder:
    """A replica's folder with its package, and what is to be read there."""

    process = control = gateway = loaded = None

    def __init__(self, root, files, model, **members):
        """`files`: name to text or bytes, of the package. `model`: the member of that name in spec.json."""
        self.path = tempfile.mkdtemp(prefix="replica-", dir=root)
        self.connections = []
        self.package = os.path.join(self.path, "package")
        for name, content in files.items():
            path = os.path.join(self.package, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as file:
                file.write(content.encode() if isinstance(content, str) else content)
        self.spec = {"replica": "r-1", "token": TOKEN, "socket": os.path.join(self.path, "replica.sock"),
                     "log": os.path.join(self.path, "replica.log"), "package": self.package, "runtime": "python",
                     "site_packages": [], "model": model, **members}
        with open(os.path.join(self.path, "spec.json"), "w") as file:
            json.dump(self.spec, file)

    def connect(self, role="gateway", **options):
        connection = Connection(self.spec["socket"], role, **options)
        self.connections.append(connection)
        return connection

    def json(self, name):
        """A JSON file of the folder, or None."""
        try:
            with open(os.path.join(self.path, name)) as file:
                return json.load(file)
        except FileNotFoundError:
            return None

    def log(self):
        with open(self.spec["log"], errors="replace") as file:
            return file.read()


class ReplicaTest(unittest.TestCase):
    """Starts replicas, and fails when one of a test's processes outlives it."""

    def setUp(self):
        self.root = tempfile.mkdtemp(prefix="slipway-")
        self.folders = []
        self.processes = []

    def tearDown(self):
        for folder in self.folders:
            for connection in folder.connections:
                connection.close()
        for process in self.processes:
            process.kill()
            process.wait()
        for pid in self.own_processes():
            os.kill(pid, signal.SIGTERM)    # children outlive their parent by design, and drain when asked
        deadline = time.monotonic() + 3
        while self.own_processes() and time.monotonic() < deadline:
            time.sleep(0.01)
        left = self.own_processes()
        for pid in left:
            os.kill(pid, signal.SIGKILL)
        shutil.rmtree(self.root, ignore_errors=True)
        self.assertEqual([], left, "processes outlived the test")

    def own_processes(self):
        """Live processes that work in a folder of this test."""
        found = []
        for name in os.listdir("/proc"):
            try:
                if name.isdigit() and os.readlink(f"/proc/{name}/cwd").startswith(self.root) and is_alive(int(name)):
                    found.append(int(name))
            except OSError:
                pass   # it has ended, or is another user's
        return found

    def given_folder(self, files, model, **members):
        folder = ReplicaFolder(self.root, files, {"module": "model/model.py", **model}, **members)
        self.folders.append(folder)
        return folder

    def start(self, *arguments, descriptors=()):
        environment = dict(os.environ, PYTHONPATH=RUNNER, PYTHONDONTWRITEBYTECODE="1")
        process = subprocess.Popen([sys.executable, "-m", "slipway_runner", *arguments], env=environment, cwd=self.root,
                                   stdin=subprocess.DEVNULL, start_new_session=True, pass_fds=descriptors)
        self.processes.append(process)
        return process

    def given_replica(self, files, model, wait=True, secrets=None, **members):
        """A started replica; with `wait` also loaded. `files` may be the text of model/model.py, or of a bare file."""
        if isinstance(files, str):
            files = {model.get("module", "model/model.py"): files}
        folder = self.given_folder(files, model, **members)
        with tempfile.TemporaryFile() as handed:
            handed.write(json.dumps(secrets or {}).encode())
            handed.seek(0)
            folder.process = self.start("replica", "--folder", folder.path, "--secrets-fd", str(handed.fileno()), descriptors=[handed.fileno()])
        wait_until(lambda: folder.json("pid.json"), what="pid.json")
        folder.control = folder.connect("control")
        if wait:
            folder.loaded = folder.control.wait_loaded()
            folder.gateway = folder.connect()
            folder.gateway.wait_loaded()
        return folder

    def given_truss(self, source, config=None, batch=False, **members):
        model = {"kind": "truss", "class": "Model", "config": config or {}, "batch": batch}
        model.update({name: members.pop(name) for name in ("max_batch", "predict_concurrency") if name in members})
        return self.given_replica(source, model, **members)

    def given_file(self, source, **members):
        model = {"kind": "file", "module": "score.py", "batch": members.pop("batch", False)}
        return self.given_replica(source, model, **members)

    def wait_exit(self, folder, seconds=6):
        """The exit file, once the process has ended."""
        if folder.process is not None:
            folder.process.wait(seconds)
        return wait_until(lambda: folder.json("exit.json"), seconds, "exit.json")
