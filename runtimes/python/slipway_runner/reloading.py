"""Live reload: the model of a running replica becomes that of another folder, while the old one answers.

Two ways. Where nothing but methods changed that `__init__` and `load` do not use, the class is made anew inside its module and the loaded state is kept (patching.py).
Otherwise the package is imported anew and loaded beside the old one. Whatever fails leaves the old one as it was.
"""

import asyncio
import filecmp
import gc
import json
import os
import sys
import threading
import time
import traceback

from slipway_runner import frames, logs
from slipway_runner.async_worker import AsyncWorker
from slipway_runner.model import LoadFailed, Model, guarded, import_model
from slipway_runner.patching import patched

_MOST_TRACEBACK = 20_000
_MOST_MESSAGE = 2_000
_MOST_TRACEBACK_BYTES = 40_000   # as JSON, where a character takes up to twelve; the answer is one frame
_MOST_MESSAGE_BYTES = 12_000


class FullPush(Exception):
    """What a running process cannot change; the message is the reason."""


class Reloader:
    """One per replica; one reload at a time."""

    def __init__(self, replica, model: Model) -> None:
        self._replica = replica
        self._model = model
        self._package = os.path.abspath(replica.spec["package"])
        self._about = replica.spec["model"]
        self._roots = {self._package}          # every folder that modules of the package were imported from
        self._lock = threading.Lock()

    def start(self, request: int, members: dict, answer) -> None:
        """In a thread of its own; `answer` gets the frame."""
        def run() -> None:
            with self._lock:
                answer(frames.frame(frames.RELOAD, request, frames.json_payload(self.run(members))))
        threading.Thread(target=run, name="reload", daemon=True).start()

    def run(self, members: dict) -> dict:
        started = time.monotonic()
        package = os.path.abspath(members["package"])
        result = {"outcome": "applied", "package": package, "kept_state": True}
        if package == self._package:
            return result
        about = dict(members["model"])
        try:
            model, kept = self._make(package, about)
        except FullPush as exception:
            return dict(result, outcome="full_push_required", kept_state=False, message=str(exception))
        except BaseException as exception:   # also SystemExit: a patch must not end the replica
            cause = exception.__cause__ if isinstance(exception, LoadFailed) and exception.__cause__ is not None else exception
            logs.write_exception(cause)
            failure = exception if isinstance(exception, LoadFailed) else guarded("load_failed", exception)
            return dict(result, outcome="failed", kept_state=False, code=failure.code, message=_message(failure), traceback=_traceback(cause, package))
        self._replica.worker.replace(model)
        self._model, self._package, self._about = model, package, about
        self._roots.add(package)
        self._replica.model_replaced(model)
        gc.unfreeze()
        gc.collect()   # what only the old model held
        gc.freeze()
        return dict(result, kept_state=kept, ms=round((time.monotonic() - started) * 1000))

    def _make(self, package: str, about: dict) -> "tuple[Model, bool]":
        """The model of the folder, loaded, and whether it has the state of the one before."""
        for name in ("kind", "class", "module", "batch", "max_batch", "predict_concurrency"):
            if about.get(name) != self._about.get(name):
                raise FullPush(f"{name} of the model changed")
        changed = _changed_files(self._package, package)
        if changed <= {about["module"]} and about.get("config") == self._about.get("config"):
            try:
                model = patched(self._model, about, self._package, package, self._check)
            except FullPush:
                raise
            except BaseException as exception:
                raise guarded("import_failed", exception) from exception
            if model is not None:
                return model, True
        return self._load(package, about), False

    def _check(self, model: Model) -> None:
        if model.is_async and not isinstance(self._replica.worker, AsyncWorker):
            raise FullPush("the model became asynchronous")
        if (model.concurrency, model.batch, model.max_batch) != (self._model.concurrency, self._model.batch, self._model.max_batch):
            raise FullPush("how many requests a call takes changed")

    def _load(self, package: str, about: dict) -> Model:
        modules, path = self._own_modules(), list(sys.path)
        roots = self._roots | {package}
        for name in modules:
            del sys.modules[name]
        sys.path[:] = [entry for entry in sys.path if not _is_below(entry, self._roots)]
        try:
            model = import_model(dict(self._replica.spec, package=package, model=about))
            self._check(model)
            if model.load is not None:
                result = model.load.call(None, None)
                if model.load.is_async:
                    asyncio.run_coroutine_threadsafe(_awaited(result), self._replica.worker.loop).result()
            return model
        except BaseException:
            for name in [name for name, module in list(sys.modules.items()) if _is_of(module, roots)]:
                del sys.modules[name]
            sys.modules.update(modules)
            sys.path[:] = path
            raise

    def _own_modules(self) -> dict:
        return {name: module for name, module in list(sys.modules.items()) if _is_of(module, self._roots)}


async def _awaited(result):
    return await result


def _is_of(module, roots) -> bool:
    """Whether a module was imported from one of the folders."""
    file = getattr(module, "__file__", None)
    if isinstance(file, str):
        return _is_below(file, roots)
    folders = getattr(module, "__path__", None)
    return folders is not None and any(_is_below(str(folder), roots) for folder in folders)


def _is_below(path: str, roots) -> bool:
    return any(path == root or path.startswith(root + os.sep) for root in roots)


def _changed_files(before: str, after: str) -> "set[str]":
    old, new = _files(before), _files(after)
    return {path for path in old.keys() | new.keys() if path not in old or path not in new or not _same(old[path], new[path])}


def _files(root: str) -> "dict[str, str]":
    return {os.path.relpath(os.path.join(folder, name), root): os.path.join(folder, name)
            for folder, _, names in os.walk(root) for name in names}


def _same(left: str, right: str) -> bool:
    return os.path.samefile(left, right) or filecmp.cmp(left, right, shallow=False)   # what did not change is linked


def _message(failure: LoadFailed) -> str:
    text = logs.clean(str(failure))[:_MOST_MESSAGE]
    while len(json.dumps(text)) > _MOST_MESSAGE_BYTES:
        text = text[:len(text) * 9 // 10]
    return text


def _traceback(exception: BaseException, package: str) -> str:
    """As Python prints it, from the package's first frame on and with its paths as its author knows them."""
    walk = exception.__traceback__
    while walk is not None and not walk.tb_frame.f_code.co_filename.startswith(package + os.sep):
        walk = walk.tb_next
    text = "".join(traceback.format_exception(type(exception), exception, walk))
    text = logs.clean(text.replace(package + os.sep, ""))[-_MOST_TRACEBACK:]
    while len(json.dumps(text)) > _MOST_TRACEBACK_BYTES:
        text = text[len(text) // 10:]
    return text

