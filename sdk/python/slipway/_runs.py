"""A run that this process is making."""

from __future__ import annotations

import math
import os
import threading
import time
import traceback
from typing import Any, Dict, Iterator, List, Mapping, Optional, Sequence, Tuple, Type
from types import TracebackType

from . import _files
from ._errors import SlipwayError
from ._http import Http, segment
from ._run_records import DataSet, RunAlert

MOST_METRICS = 1000
MOST_TEXTS = 100
_RUN_ID = "SLIPWAY_RUN_ID"


class Run:
    """A run that is being made; what ``start_run`` answers. Use it in a ``with`` block, which ends it: Completed, Failed when an exception leaves the block,
    Killed on Ctrl-C. While it lives a thread of the background tells the server so; when the process dies without a word, the server says so after two minutes.

    Attributes:
        id: 32 hexadecimal digits, there at once.
        experiment_id: decimal number of its experiment.

    Example:
        >>> with client.start_run("churn-tuning", name="first") as run:
        ...     run.log_params({"lr": 0.1, "depth": 3})
        ...     for step in range(3):
        ...         run.log_metrics({"loss": 1 / (step + 1)}, step=step)
        >>> client.get_run(run.id).run.status
        'Completed'
    """

    def __init__(self, http: Http, id: str, experiment_id: str, heartbeat_s: Optional[float]) -> None:
        self._http = http
        self.id = id
        self.experiment_id = experiment_id
        self._path = f"/api/v1/runs/{segment(id)}"
        self._ended = threading.Event()
        self._thread: Optional[threading.Thread] = None
        if heartbeat_s is not None:
            self._thread = threading.Thread(target=self._beat, args=(heartbeat_s,), name=f"slipway-run-{id[:8]}", daemon=True)
            self._thread.start()

    def log_params(self, params: Mapping[str, Any]) -> None:
        """Logs parameters as texts. Each is written once: another value for it is refused with ConflictError.

        Example:
            >>> with client.start_run("churn-tuning") as run:
            ...     run.log_params({"optimizer": "adam", "epochs": 10})
            >>> dict(client.get_run(run.id).run.parameters)
            {'epochs': '10', 'optimizer': 'adam'}
        """
        self._log_texts("parameters", params)

    def log_param(self, key: str, value: Any) -> None:
        """Logs one parameter.

        Example:
            >>> with client.start_run("churn-tuning") as run:
            ...     run.log_param("depth", 3)
        """
        self.log_params({key: value})

    def log_metrics(self, metrics: Mapping[str, float], step: int = 0) -> None:
        """Logs values of metrics at a step; NaN and infinities are kept.

        Example:
            >>> with client.start_run("churn-tuning") as run:
            ...     run.log_metrics({"accuracy": 0.94, "loss": float("nan")}, step=3)
            >>> client.get_run(run.id).run.latest["accuracy"].step
            3
        """
        now = time.time_ns() // 1_000_000
        points = [{"key": str(key), "value": _number(key, value), "step": int(step), "timestamp": now} for key, value in metrics.items()]
        for start in range(0, len(points), MOST_METRICS):
            self._post("log", {"metrics": points[start:start + MOST_METRICS]})

    def log_metric(self, key: str, value: float, step: int = 0) -> None:
        """Logs one value.

        Example:
            >>> with client.start_run("churn-tuning") as run:
            ...     run.log_metric("accuracy", 0.94)
        """
        self.log_metrics({key: value}, step)

    def set_tags(self, tags: Mapping[str, Any]) -> None:
        """Sets tags, or gives them other values.

        Example:
            >>> with client.start_run("churn-tuning") as run:
            ...     run.set_tags({"team": "growth"})
        """
        self._log_texts("tags", tags)

    def set_tag(self, key: str, value: Any) -> None:
        """Sets one tag.

        Example:
            >>> with client.start_run("churn-tuning") as run:
            ...     run.set_tag("gpu", "T4")
        """
        self.set_tags({key: value})

    def set_notes(self, markdown: str) -> None:
        """Writes the run's notes, in Markdown; they replace what was there.

        Example:
            >>> with client.start_run("churn-tuning") as run:
            ...     run.set_notes("# Looks good")
            >>> client.get_run(run.id).notes
            '# Looks good'
        """
        self._http.call("PATCH", self._path, {"notes": markdown}, repeatable=True)

    def log_artifact(self, file: str, artifact_path: Optional[str] = None, *, progress: Optional[_files.Progress] = None) -> str:
        """Stores a file of this machine with the run, under its own name.

        Args:
            artifact_path: the folder among the run's files; None: the root.
            progress: called with (bytes sent, bytes to send).

        Returns:
            Its path among the run's files.

        Example:
            >>> with client.start_run("churn-tuning") as run:
            ...     run.log_artifact(folder + "/model.py", "model")
            'model/model.py'
        """
        if not os.path.isfile(file):
            raise FileNotFoundError(f"There is no file {file!r}; folders are stored by log_artifacts.")
        return self._store([(os.path.basename(file), file)], artifact_path, progress)[0]

    def log_artifacts(self, dir: str, artifact_path: Optional[str] = None, *, progress: Optional[_files.Progress] = None) -> Tuple[str, ...]:
        """Stores a folder with all below it, without caches, environments and version control.

        Example:
            >>> with client.start_run("churn-tuning") as run:
            ...     run.log_artifacts(folder)
            ('model.py',)
        """
        if not os.path.isdir(dir):
            raise NotADirectoryError(f"{dir!r} is not a folder; files are stored by log_artifact.")
        return tuple(self._store(_files.files_of(dir), artifact_path, progress))

    def log_dataset(self, name: str, path: str, description: Optional[str] = None, *, digest: Optional[str] = None) -> DataSet:
        """Says what data the run is made with. Neither path nor digest can be said otherwise later.

        Example:
            >>> with client.start_run("churn-tuning") as run:
            ...     run.log_dataset("customers", "s3://data/customers.parquet", "2026").name
            'customers'
        """
        return DataSet.of(self._post("data-sets", {"name": name, "path": str(path), "description": description, "digest": digest}))

    def create_alert(self, condition: str, message: Optional[str] = None) -> RunAlert:
        """Asks to be told once each time that a condition becomes true.

        Args:
            condition: a metric, one of > >= < <= = !=, and a number: ``val_loss > 0.5``.

        Example:
            >>> with client.start_run("churn-tuning") as run:
            ...     alert = run.create_alert("val_loss > 0.5", "diverges")
            ...     run.log_metric("val_loss", 0.7)
            >>> client.get_run(run.id).alerts[0].fired_count
            1
        """
        return RunAlert.of(self._http.post(f"{self._path}/alerts", {"condition": condition, "message": message}))

    def start_child(self, name: Optional[str] = None, *, tags: Optional[Mapping[str, Any]] = None) -> "Run":
        """Starts a run that is a part of this one.

        Example:
            >>> with client.start_run("churn-tuning") as run:
            ...     with run.start_child("fold 1") as fold:
            ...         fold.log_metric("auc", 0.8)
            >>> client.get_run(run.id).child_count
            1
        """
        return open_run(self._http, self.experiment_id, name, tags, self.id, create_missing=False)

    def finish(self, status: str = "Completed", reason: Optional[str] = None) -> None:
        """Ends the run; a ``with`` block does it by itself.

        Args:
            status: Completed, Failed or Killed.

        Example:
            >>> run = client.start_run("churn-tuning")
            >>> run.finish("Failed", "no data")
        """
        self._ended.set()
        self._post("finish", {"status": status, "reason": None if reason is None else reason[:5000]})

    def __enter__(self) -> "Run":
        return self

    def __exit__(self, kind: Optional[Type[BaseException]], failure: Optional[BaseException], _: Optional[TracebackType]) -> None:
        if self._ended.is_set():
            return
        if kind is None or (isinstance(failure, SystemExit) and failure.code in (None, 0)):
            self.finish()
            return
        status = "Killed" if issubclass(kind, KeyboardInterrupt) else "Failed"
        try:
            self.finish(status, "".join(traceback.format_exception_only(kind, failure)).strip())
        except SlipwayError:
            pass   # what went wrong in the block matters more; without heartbeats the server finds out by itself

    def _beat(self, every_s: float) -> None:
        while True:
            try:
                self._post("heartbeat", None)
            except SlipwayError as failure:
                if failure.status in (404, 409):
                    break   # there is no such run any more
            if self._ended.wait(every_s):
                break
        self._http.close()

    def _log_texts(self, field: str, pairs: Mapping[str, Any]) -> None:
        texts = [(str(key), str(value)) for key, value in pairs.items()]
        for start in range(0, len(texts), MOST_TEXTS):
            self._post("log", {field: dict(texts[start:start + MOST_TEXTS])})

    def _store(self, files: Sequence[Tuple[str, str]], folder: Optional[str], progress: Optional[_files.Progress]) -> List[str]:
        prefix = folder.strip("/") + "/" if folder and folder.strip("/") else ""
        total, done, stored = sum(os.path.getsize(here) for _, here in files), 0, []
        for name, here in files:
            sha256, size = _files.digest_of(here)
            _files.send_file(self._http, artifact_url(self.id, prefix + name), here, size, {"Slipway-Sha256": sha256}, progress, done, total)
            done += size
            stored.append(prefix + name)
        return stored

    # Repeated, each of these finds what it did and does nothing twice: safe without an idempotency key.
    def _post(self, what: str, body: Any) -> Any:
        return self._http.post(f"{self._path}/{what}", body, create=False)


def open_run(
    http: Http, experiment: Optional[str], name: Optional[str], tags: Optional[Mapping[str, Any]], parent: Optional[str], *, create_missing: bool,
    heartbeat_s: Optional[float] = 10.0,
) -> Run:
    """Starts a run; in a training job, the first one is the run that its schedule has opened."""
    given = os.environ.pop(_RUN_ID, None) if parent is None else None
    if given:
        found = http.get(f"/api/v1/runs/{segment(given)}")["run"]
        run = Run(http, found["id"], found["experiment_id"], heartbeat_s)
        if tags:
            run.set_tags(tags)
        return run
    if experiment is None:
        raise ValueError("say which experiment the run belongs to: its id or its name")
    body: Dict[str, Any] = {
        "experiment": str(experiment), "name": name, "parent_run_id": parent, "tags": {str(k): str(v) for k, v in tags.items()} if tags else None,
        "create_experiment": create_missing,
    }
    started = http.post("/api/v1/runs", body)
    return Run(http, started["id"], started["experiment_id"], heartbeat_s)


def artifact_url(run_id: str, path: str) -> str:
    return f"/api/v1/runs/{segment(run_id)}/artifacts/" + "/".join(segment(part) for part in path.split("/"))


def _number(key: str, value: Any) -> Any:
    if isinstance(value, (bool, str, bytes)):
        raise TypeError(f"metric {key!r} is {value!r}, which is no number")
    number = float(value)
    if math.isnan(number):
        return "NaN"
    return number if math.isfinite(number) else "Infinity" if number > 0 else "-Infinity"


def metric_history(http: Http, run_id: str, key: str) -> Iterator[Mapping[str, Any]]:
    return http.pages(f"/api/v1/runs/{segment(run_id)}/metrics", {"key": key, "limit": 500})
