"""A real server for the tests: the program that was built last, on a data folder of its own."""

import json
import os
import pathlib
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[3]


class Server:
    def __init__(self):
        built = [p for p in (ROOT / "src/Slipway.Cli/bin").glob("*/net10.0/slipway") if p.is_file()]
        if not built:
            raise RuntimeError("Build the program first: dotnet build src/Slipway.Cli -c Test")
        program = max(built, key=lambda p: p.stat().st_mtime)
        self.home = tempfile.TemporaryDirectory(prefix="slipway-sdk-")
        os.chmod(self.home.name, 0o711)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        config = os.path.join(self.home.name, "config")
        self.log = open(os.path.join(self.home.name, "log"), "w+b")
        self.process = subprocess.Popen(
            [str(program), "up", "--data", os.path.join(self.home.name, "data"), "--port", str(port)], stdout=self.log, stderr=self.log,
            env={**os.environ, "XDG_CONFIG_HOME": config})
        profile = os.path.join(config, "slipway", "profile.json")
        deadline = time.monotonic() + 60
        while not (os.path.exists(profile) and self._ready()):
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.log.seek(0)
                raise RuntimeError(self.log.read().decode())
            time.sleep(0.1)
        with open(profile, encoding="utf-8") as file:
            self.token = json.load(file)["api_key"]

    def _ready(self):
        try:
            with urllib.request.urlopen(self.url + "/health/ready") as answer:
                return answer.status == 200
        except (urllib.error.URLError, ConnectionError):
            return False

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)
        self.log.close()
        self.home.cleanup()


_shared = None


def shared():
    """One server for all tests of a run; ended with it."""
    global _shared
    if _shared is None:
        import atexit

        _shared = Server()
        atexit.register(_shared.stop)
    return _shared
