"""What every comparison shares: pinned processes, load by wrk, CPU time and memory from /proc. The report is report.py, what has to be installed peers.py.

Everything under test runs on CPU 0, the load generator and stub upstreams on CPU 1. CPU per request is user + system time of the processes under
test, from /proc/PID/stat, over the good answers of the same span. Servers are measured in turn, several rounds in one run; medians are reported.
"""

from __future__ import annotations

import contextlib
import ctypes
import math
import os
import pathlib
import re
import resource
import select
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

from peers import need  # noqa: F401  drivers may take all of these from here
from report import BENCH, PYTHON, Report  # noqa: F401

ROOT = BENCH.parent
PROGRAM = ROOT / "out/bench/program"
UNDER_TEST, LOAD = 0, 1
TICK = os.sysconf("SC_CLK_TCK")
LIBC = ctypes.CDLL(None)

# Load that does not wait holds thousands of connections; what is started inherits it.
_soft, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (_hard, _hard))

# A driver that is told to end still leaves its `with` blocks, and so stops what it started; one that is killed takes it along (`_end_with_driver`).
for _signal in (signal.SIGTERM, signal.SIGHUP):
    signal.signal(_signal, lambda number, _: sys.exit(128 + number))


def _end_with_driver() -> None:
    """In the child: the kernel kills it when the driver dies. Survives exec."""
    pr_set_pdeathsig = 1
    LIBC.prctl(pr_set_pdeathsig, signal.SIGKILL)


def dotnet_environment() -> dict[str, str]:
    """What the launcher sets for the server (src/Slipway.Cli/ServerProcess.cs)."""
    return os.environ | {"DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS": "1", "DOTNET_ThreadPool_UnfairSemaphoreSpinLimit": "0", "DOTNET_NOLOGO": "1"}


def bench_program() -> str:
    """The server inside a bench program, compiled ahead of time as `./slipway` does it: what starts without that serves for minutes with code that is not optimised."""
    publish("bench/Slipway.Bench", PROGRAM)
    return str(PROGRAM / "Slipway.Bench")


def replica_program() -> str:
    """The process of isolated ONNX replicas; beside the bench program, where the server looks for it."""
    publish("src/Slipway.Replica", PROGRAM / "replica")
    return str(PROGRAM / "replica/slipway-replica")


def publish(project: str, into: pathlib.Path) -> None:
    """Publishes in Release; SLIPWAY_BENCH_NO_BUILD=1 takes what is there."""
    if os.environ.get("SLIPWAY_BENCH_NO_BUILD"):
        return
    ahead = ["-r", "linux-x64", "-p:PublishReadyToRun=true"] if os.uname().machine == "x86_64" else []
    subprocess.run(
        ["dotnet", "publish", str(ROOT / project), "-c", "Release", "--self-contained", "false", *ahead, "-v", "quiet", "--nologo", "-p:RunAnalyzers=false", "-o", str(into)], check=True)


class Process:
    """A child on one CPU, with everything that it starts. `first_line` is what it printed when it was ready."""

    def __init__(self, command: list[str], cpu: int, env: dict[str, str] | None = None, wait_line: bool = False, cwd=None):
        self.log = tempfile.TemporaryFile("w+")
        self._child = subprocess.Popen(
            ["taskset", "-c", str(cpu), *command], stdout=subprocess.PIPE if wait_line else self.log, stderr=self.log, text=True, env=env, cwd=cwd,
            start_new_session=True, preexec_fn=_end_with_driver)
        self.pid = self._child.pid
        self.first_line = ""
        if wait_line:
            try:
                if select.select([self._child.stdout], [], [], 60)[0]:
                    self.first_line = self._child.stdout.readline().strip()
                if not self.first_line:
                    self.log.seek(0)
                    raise RuntimeError(f"{command[0]} did not start:\n{self.log.read()[-2000:]}")
            except BaseException:
                self.stop()  # nobody enters a block whose beginning failed
                raise

    def tree(self) -> list[int]:
        return tree(self.pid)

    def ask(self, number: int) -> str:
        """The line that the program answers to a signal."""
        os.kill(self.pid, number)
        return self._child.stdout.readline().strip()

    def stop(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGTERM)
        try:
            self._child.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(self.pid, signal.SIGKILL)
            self._child.wait()
        if self._child.stdout:
            self._child.stdout.close()
        self.log.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def tree(pid: int) -> list[int]:
    """The process and its descendants."""
    found = [pid]
    for parent in found:
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            for task in pathlib.Path(f"/proc/{parent}/task").iterdir():
                found += [int(child) for child in (task / "children").read_text().split()]
    return found


def cpu_times(pids: list[int]) -> tuple[float, float]:
    """Seconds in the program, and in the kernel for it."""
    user = system = 0
    for pid in pids:
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
            user, system = user + int(fields[11]), system + int(fields[12])
    return user / TICK, system / TICK


def cpu_seconds(pids: list[int]) -> float:
    return sum(cpu_times(pids))


def pss_mb(pids: list[int]) -> float:
    total = 0
    for pid in pids:
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            total += int(re.search(r"^Pss:\s+(\d+)", pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text(), re.M).group(1))
    return total / 1024


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def post(url: str, body: str | bytes, headers: dict[str, str], timeout: float = 10) -> tuple[int, bytes]:
    request = urllib.request.Request(url, body if isinstance(body, bytes) else body.encode(), {"Content-Type": "application/json", **headers})
    with urllib.request.urlopen(request, timeout=timeout) as response:
        return response.status, response.read()


def wait_answer(url: str, body: str, headers: dict[str, str], seconds: float = 60) -> float:
    """Seconds until the first good answer, asked for every few milliseconds."""
    began = time.perf_counter()
    while True:
        try:
            if post(url, body, headers)[0] == 200:
                return time.perf_counter() - began
        except OSError:
            if time.perf_counter() - began > seconds:
                raise
        time.sleep(0.002)


def _lua(body: str | bytes) -> str:
    return f"[==[{body}]==]" if isinstance(body, str) else '"' + "".join(f"\\{byte:03d}" for byte in body) + '"'


def load(url: str, body: str | bytes, headers: dict[str, str], connections: int, seconds: float, pids) -> dict:
    """Closed-loop load by wrk. `pids`: what answers for the CPU time; a callable is asked anew."""
    lines = "".join(f'wrk.headers["{name}"] = "{value}"\n' for name, value in {"Content-Type": "application/json", **headers}.items())
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(f"wrk.method = \"POST\"\nwrk.body = {_lua(body)}\n{lines}")
        script.flush()
        tested = pids() if callable(pids) else pids
        before = cpu_times(tested)
        out = subprocess.run(
            ["taskset", "-c", str(LOAD), "wrk", "-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s", "--timeout", "10s", "--latency", "-s", script.name, url],
            capture_output=True, text=True, check=True).stdout
        user, system = (now - then for now, then in zip(cpu_times(tested), before))
    requests = int(re.search(r"(\d+) requests in", out).group(1))
    bad = sum(int(n) for n in re.findall(r"Non-2xx or 3xx responses: (\d+)", out))
    bad += sum(int(n) for line in re.findall(r"Socket errors: (.*)", out) for n in re.findall(r"\d+", line))
    return {
        "connections": connections, "requests": requests, "qps": float(re.search(r"Requests/sec:\s+([\d.]+)", out).group(1)), "bad": bad,
        "cpu_us": ratio((user + system) * 1e6, requests - bad), "kernel": ratio(system, user + system), "p50_us": _micros(out, "50%"), "p99_us": _micros(out, "99%"),
    }


def _micros(out: str, share: str) -> float:
    value, unit = re.search(rf"^\s+{share}\s+([\d.]+)(us|ms|s)", out, re.M).groups()
    return float(value) * {"us": 1, "ms": 1e3, "s": 1e6}[unit]


def settle(url: str, body: str, headers: dict[str, str], pids) -> None:
    """Loads at 64 connections until the JIT's tiers have settled: three spans of a second in which the CPU per request no longer falls, or ten of them (SLIPWAY_BENCH_SETTLE)."""
    most = int(os.environ.get("SLIPWAY_BENCH_SETTLE", "10"))
    seen: list[float] = []
    while len(seen) < most and not (len(seen) > 3 and min(seen[-3:]) > 0.95 * min(seen[:-3])):
        seen.append(load(url, body, headers, 64, 1, pids)["cpu_us"])


def ratio(value: float, of: float) -> float:
    """NaN where there is nothing to compare with: a span without a good answer, or shorter than a tick of the CPU clock. A goal of NaN is missed."""
    return value / of if of else math.nan


def ratios(samples: list[dict], of: list[dict], key: str) -> list[float]:
    """Round by round: two servers of one round were measured seconds apart, and what the machine did beside it is the same for both or nearly so."""
    return [ratio(sample[key], other[key]) for sample, other in zip(samples, of, strict=True)]


def median(samples: list[dict]) -> dict:
    """Middle of the rounds, with the least and the most CPU per request beside it."""
    middle = {key: sum(s[key] for s in samples) if key == "bad" else statistics.median(s[key] for s in samples) for key in samples[0]}
    spent = [s["cpu_us"] for s in samples]
    return middle | {"cpu_least": min(spent), "cpu_most": max(spent)}
