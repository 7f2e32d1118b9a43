"""What a process tells others through its folder and asks of the machine: pid.json, exit.json, limits, paths, log."""

import datetime
import json
import os
import resource
import signal
import site
import sys

EXIT_CODES = {"drained": 0, "no_server": 0, "load_failed": 1, "import_failed": 1, "memory_limit": 2, "crashed": 70}


def start_time(pid: int) -> int:
    """Ticks since boot: field 22 of /proc/pid/stat. With the pid it names one process for ever."""
    with open(f"/proc/{pid}/stat", "rb") as stat:
        return int(stat.read().rpartition(b")")[2].split()[19])


def write_json(path: str, members: dict) -> None:
    """Whole or not at all: written beside, then renamed."""
    draft = f"{path}.{os.getpid()}"
    with open(draft, "w", encoding="utf-8") as file:
        json.dump(members, file)
    os.rename(draft, path)


def read_json(descriptor: "int | None") -> dict:
    """What was handed over through an open file, which is closed."""
    if descriptor is None:
        return {}
    with open(descriptor, "rb") as file:
        return json.load(file)


def write_pid(folder: str) -> None:
    write_json(os.path.join(folder, "pid.json"), {"pid": os.getpid(), "start_time": start_time(os.getpid())})


def write_exit(folder: str, reason: str, code: "int | None" = None, signal_number: "int | None" = None, message: str = "") -> None:
    now = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    members = {"reason": reason, "code": code, "signal": signal_number, "at": now}
    if message:
        members["message"] = message
    try:
        write_json(os.path.join(folder, "exit.json"), members)
    except OSError:
        pass  # the folder is gone or the disk is full: whoever waits for this process still learns how it ended


def remove(path: str) -> None:
    try:
        os.unlink(path)
    except FileNotFoundError:
        pass


def redirect_output(log: str) -> None:
    """Descriptors 1 and 2 to the end of the log, 0 from nowhere."""
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    os.close(descriptor)
    nowhere = os.open(os.devnull, os.O_RDONLY)
    if nowhere != 0:
        os.dup2(nowhere, 0)
        os.close(nowhere)


def rename(name: str) -> None:
    """What `ps` shows, at most 15 characters."""
    try:
        with open("/proc/self/comm", "w") as comm:
            comm.write(name)
    except OSError:
        pass


def limit_address_space(limit: "int | None") -> None:
    if limit:
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def add_site_packages(folders) -> None:
    """Puts the folders before the interpreter's own packages, and takes away the folder that the process happened to start in."""
    here = os.getcwd()
    runner = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    sys.path[:] = [entry for entry in sys.path if entry not in ("", here)]
    own = list(sys.path)
    for folder in folders or ():
        site.addsitedir(folder)
    added = [entry for entry in sys.path if entry not in own]
    at = next((n for n, entry in enumerate(own) if entry.endswith(("site-packages", "dist-packages"))), len(own))
    sys.path[:] = own[:at] + added + own[at:]
    if runner not in sys.path:
        sys.path.append(runner)


def end_session(leader: int) -> None:
    """Ends what a replica's model has started and left behind: the other processes of the session that the replica leads."""
    for name in os.listdir("/proc"):
        try:
            if name.isdigit() and int(name) != leader and os.getsid(int(name)) == leader:
                os.kill(int(name), signal.SIGKILL)
        except OSError:
            pass   # it has ended, or is not ours


def resident_bytes() -> int:
    with open("/proc/self/statm", "rb") as statm:
        return int(statm.read().split()[1]) * resource.getpagesize()
