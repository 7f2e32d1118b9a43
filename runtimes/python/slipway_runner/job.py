"""`python -m slipway_runner.job --folder DIR`: the supervisor of one training job.

It outlives the server: it starts the job's command once the server has said `go`, copies its output into the log (line by line, with the time, and bounded),
holds its time-out, passes SIGTERM on, ends whatever the command leaves behind, and says in exit.json how it ended and what it used.
It reads spec.json in its folder; what it writes there is pid.json and exit.json. Descriptor 1 is the log.
"""

import argparse
import collections
import ctypes
import json
import os
import resource
import selectors
import signal
import subprocess
import sys
import time

from slipway_runner import process

PR_SET_CHILD_SUBREAPER = 36
TAIL = 64 * 1024


class Log:
    """The job's output: each line begins with its time. After `most` bytes only the last ones are kept, and written at the end."""

    def __init__(self, descriptor: int, most: int) -> None:
        self._descriptor = descriptor
        self._most = most
        self._written = 0
        self._at_line_start = True
        self._tail: "collections.deque[bytes]" = collections.deque()
        self._tail_bytes = 0
        self._dropped = 0

    def add(self, data: bytes) -> None:
        stamp = self._stamp()
        stamped = data.replace(b"\n", b"\n" + stamp)
        if data.endswith(b"\n"):
            stamped = stamped[: -len(stamp)]
        if self._at_line_start:
            stamped = stamp + stamped
        self._at_line_start = data.endswith(b"\n")
        if self._written < self._most:
            self._written += len(stamped)
            self._write(stamped)
            return
        self._tail.append(stamped)
        self._tail_bytes += len(stamped)
        while self._tail_bytes - len(self._tail[0]) >= TAIL:
            gone = self._tail.popleft()
            self._tail_bytes -= len(gone)
            self._dropped += len(gone)

    def say(self, text: str) -> None:
        """A sentence of the supervisor's own."""
        prefix = b"" if self._at_line_start else b"\n"
        self._at_line_start = True
        self._write(prefix + self._stamp() + text.encode("utf-8", "backslashreplace") + b"\n")

    def close(self) -> None:
        if self._dropped:
            self.say(f"[{self._dropped} bytes of output are not kept: more than {self._most} were written]")
        if self._tail:
            self._write(b"".join(self._tail))
            self._tail.clear()
        if not self._at_line_start:
            self._write(b"\n")

    def _write(self, data: bytes) -> None:
        try:
            while data:
                data = data[os.write(self._descriptor, data):]
        except OSError:
            pass   # a full disk must not end the job

    @staticmethod
    def _stamp() -> bytes:
        now = time.time()
        return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now)).encode() + b".%03dZ " % int(now % 1 * 1000)


def descendants() -> "list[int]":
    """All processes below this one. Those whose parent has gone are our own children: we are their reaper."""
    parents = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat", "rb") as stat:
                    fields = stat.read().rpartition(b")")[2].split()
            except OSError:
                continue
            if fields[0] != b"Z":
                parents[int(name)] = int(fields[1])
    found, seen = [os.getpid()], set()
    while found:
        parent = found.pop()
        children = [pid for pid, above in parents.items() if above == parent and pid not in seen]
        seen.update(children)
        found.extend(children)
    return list(seen)


def signal_all(number: int) -> int:
    """Sends a signal to all that the job has started; how many there were."""
    below = descendants()
    for pid in below:
        try:
            os.kill(pid, number)
        except OSError:
            pass
    return len(below)


class Supervisor:
    def __init__(self, folder: str, spec: dict) -> None:
        self._folder = folder
        self._spec = spec
        self._log = Log(1, spec["log_bytes"])
        self._stop = False
        self._code: "int | None" = None      # as waitpid gives it
        self._reason = "exited"
        signal.signal(signal.SIGTERM, self._on_stop)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)

    def _on_stop(self, _number, _frame) -> None:
        self._stop = True

    def wait_for_go(self) -> bool:
        """The server says `go` once it has stored who we are: until then nothing of the job has begun."""
        deadline = time.monotonic() + self._spec["go_seconds"]
        go = os.path.join(self._folder, "go")
        while not os.path.exists(go):
            if self._stop or not os.path.isdir(self._folder) or time.monotonic() > deadline:
                return False
            time.sleep(0.02)
        return not self._stop

    def run(self) -> None:
        environment = {name: os.environ[name] for name in ("LANG", "SLIPWAY_API_KEY") if name in os.environ}
        environment.update(self._spec["environment"])
        try:
            child = subprocess.Popen(
                self._spec["command"], cwd=self._spec["work"], env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                preexec_fn=self._restore_signals)
        except (OSError, ValueError) as error:
            message = f"The command could not be started: {error.strerror if isinstance(error, OSError) else error}."
            self._log.say(message)
            self._write_exit("start_failed", None, None, message)
            return
        os.environ.pop("SLIPWAY_API_KEY", None)
        self._watch(child.pid, child.stdout.fileno())
        self._log.close()
        if os.WIFSIGNALED(self._code):
            self._write_exit(self._reason if self._reason != "exited" else "signal", None, os.WTERMSIG(self._code))
        else:
            self._write_exit(self._reason, os.WEXITSTATUS(self._code), None)

    @staticmethod
    def _restore_signals() -> None:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)

    def _watch(self, command: int, pipe: int) -> None:
        os.set_blocking(pipe, False)
        selector = selectors.DefaultSelector()
        selector.register(pipe, selectors.EVENT_READ)
        began = time.monotonic()
        kill_at = None
        open_pipe = True
        while True:
            if open_pipe:
                if selector.select(0.05):
                    open_pipe = self._read(pipe)
            else:
                time.sleep(0.05)
            self._reap(command)
            now = time.monotonic()
            if self._code is not None:
                # The command has ended; what it left behind ends with it.
                left = signal_all(signal.SIGKILL)
                self._reap(command)
                if left == 0:
                    while open_pipe and self._read(pipe):
                        pass
                    return
            elif kill_at is not None and now >= kill_at:
                signal_all(signal.SIGKILL)
            elif kill_at is None and (self._stop or now - began > self._spec["timeout_seconds"]):
                self._reason = "stopped" if self._stop else "timed_out"
                what = "It was told to end" if self._stop else f"Its time of {self._spec['timeout_seconds']:g} s is over"
                self._log.say(f"[{what}: SIGTERM, and SIGKILL after {self._spec['stop_seconds']:g} s]")
                signal_all(signal.SIGTERM)
                kill_at = now + self._spec["stop_seconds"]

    def _read(self, pipe: int) -> bool:
        """Takes what is there; False at the end, or when there is nothing more now."""
        try:
            data = os.read(pipe, 64 * 1024)
        except BlockingIOError:
            return self._code is None
        if data:
            self._log.add(data)
        return bool(data)

    def _reap(self, command: int) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if pid == command:
                self._code = status

    def _write_exit(self, reason: str, code: "int | None", number: "int | None", message: "str | None" = None) -> None:
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        members = {
            "reason": reason, "code": code, "signal": number, "message": message, "cpu_seconds": round(used.ru_utime + used.ru_stime, 3),
            "max_resident_bytes": used.ru_maxrss * 1024,
        }
        for _ in range(600):   # a full disk may have space again
            try:
                process.write_json(os.path.join(self._folder, "exit.json"), members)
                return
            except FileNotFoundError:
                return
            except OSError:
                time.sleep(1)


def main() -> None:
    parser = argparse.ArgumentParser(prog="slipway_runner.job", description=__doc__)
    parser.add_argument("--folder", required=True, help="the job's folder; holds spec.json")
    folder = os.path.abspath(parser.parse_args().folder)
    with open(os.path.join(folder, "spec.json"), encoding="utf-8") as file:
        spec = json.load(file)
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    process.rename("slipway-job")
    supervisor = Supervisor(folder, spec)
    process.write_pid(folder)
    if supervisor.wait_for_go():
        supervisor.run()


if __name__ == "__main__":
    sys.exit(main())
