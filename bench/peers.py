"""What comparisons need of the machine, and its installation: Debian's packages by apt-get, onnxruntime-node by npm. `bench/setup` installs all of it; a comparison what it needs itself."""

from __future__ import annotations

import os
import pathlib
import shutil
import subprocess
import sys

from report import PYTHON

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROGRAMS = {"nginx": "nginx-light", "wrk": "wrk", "taskset": "util-linux", "node": "nodejs", "npm": "npm", "strace": "strace", PYTHON: "python3"}
# Of Debian's Python: module, package.
MODULES = {
    "fastapi": "python3-fastapi", "uvicorn": "uvicorn", "uvloop": "python3-uvloop", "httptools": "python3-httptools", "sklearn": "python3-sklearn", "joblib": "python3-joblib",
    "numpy": "python3-numpy", "onnx": "python3-onnx"}
os.environ["PATH"] = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"])  # nginx is there, and not on an ordinary user's path; what is started looks there as well
FASTAPI = ("fastapi", "uvicorn", "uvloop", "httptools", "sklearn", "joblib")


def need(*names: str) -> None:
    """Programs, and modules of Debian's Python. What is missing is installed where we may, unless SLIPWAY_BENCH_NO_SETUP=1; else this ends with the command that does it."""
    if not (gone := missing(names)):
        return
    packages = sorted({PROGRAMS.get(name) or MODULES[name] for name in gone})
    command = ["apt-get", "install", "-y", "--no-install-recommends", *packages]
    if os.geteuid() == 0 and shutil.which("apt-get") and not os.environ.get("SLIPWAY_BENCH_NO_SETUP"):
        print(f"Installing {', '.join(packages)}", file=sys.stderr, flush=True)
        for step in (["apt-get", "update"], command):
            subprocess.run(step, check=False, stdout=subprocess.DEVNULL, env=os.environ | {"DEBIAN_FRONTEND": "noninteractive"})
        gone = missing(names)
    if gone:
        raise SystemExit(f"Not found: {', '.join(gone)}. Debian: {' '.join(command)}")


def missing(names) -> list[str]:
    gone = [name for name in names if name not in MODULES and shutil.which(name) is None]
    modules = [name for name in names if name in MODULES]
    if modules and shutil.which(PYTHON):
        look = "import importlib.util as u, sys; print(*[m for m in sys.argv[1:] if u.find_spec(m) is None])"
        gone += subprocess.run([PYTHON, "-c", look, *modules], capture_output=True, text=True, check=True).stdout.split()
    elif modules:
        gone += [PYTHON, *modules]
    return gone


def onnxruntime_node() -> pathlib.Path:
    """onnxruntime-node as the product pins it, in a folder that is kept: its node_modules."""
    folder = ROOT / "out/bench/onnxruntime-node"
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "node_modules/.package-lock.json").exists():  # npm writes it last
        for name in ("package.json", "package-lock.json", ".npmrc"):
            shutil.copy(ROOT / "runtimes/onnx" / name, folder / name)
        subprocess.run(["npm", "ci", "--ignore-scripts"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    return folder / "node_modules"


def onnx_library(modules: pathlib.Path) -> pathlib.Path:
    """ONNX Runtime's shared library inside it."""
    return modules / f"onnxruntime-node/bin/napi-v6/linux/{'arm64' if os.uname().machine == 'aarch64' else 'x64'}/libonnxruntime.so.1"
