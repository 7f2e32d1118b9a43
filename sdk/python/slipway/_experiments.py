"""Experiments and runs: the part of MLOpsClient that is about them."""

from __future__ import annotations

import os
from typing import Any, Dict, Iterator, Mapping, Optional, Sequence, Tuple, Union

from . import _files
from ._http import Http, segment
from ._run_records import Experiment, MetricPoint, RunArtifact, RunComparison, RunDetail, RunInfo
from ._runs import Run, artifact_url, metric_history, open_run

Tags = Union[Mapping[str, Any], Sequence[str], None]


class ExperimentMethods:
    _http: Http

    def create_experiment(self, name: str, description: Optional[str] = None, tags: Tags = None) -> Experiment:
        """Adds an experiment.

        Args:
            name: free text of 1 to 250 characters, not a number only.
            tags: names with values, or names alone.

        Raises:
            ConflictError: ``experiment_already_exists``.

        Example:
            >>> client.create_experiment("churn-2026", "Who leaves next month", {"team": "growth"}).status
            'Active'
        """
        return Experiment.of(self._http.post("/api/v1/experiments", {"name": name, "description": description, "tags": _tags(tags)}))

    def get_experiment(self, experiment: str) -> Experiment:
        """One experiment, by its id or its name.

        Example:
            >>> client.get_experiment("churn-tuning").name
            'churn-tuning'
        """
        return Experiment.of(self._http.get(_experiment(experiment)))

    def list_experiments(
        self, search: Optional[str] = None, *, status: Optional[str] = None, tags: Sequence[str] = (), order: Optional[str] = None,
    ) -> Iterator[Experiment]:
        """Experiments, those with the latest activity first.

        Args:
            search: part of a name or description, without regard to case.
            status: active, completed, archived or all; None: all that are not archived.
            tags: only those with all of these; ``key`` or ``key=value``.
            order: name, created, activity or runs, with a minus in front for the other direction.

        Example:
            >>> [one.name for one in client.list_experiments("TUNING")]
            ['churn-tuning']
        """
        query = {"q": search, "status": status, "tag": list(tags) or None, "order": order}
        return (Experiment.of(e) for e in self._http.pages("/api/v1/experiments", query))

    def update_experiment(
        self, experiment: str, *, name: Optional[str] = None, description: Optional[str] = None, tags: Tags = None, status: Optional[str] = None,
        if_match: Optional[str] = None,
    ) -> Experiment:
        """Changes what is given; what is None stays.

        Args:
            status: Active or Completed.
            if_match: the ``etag`` that was read; the change is refused with ConflictError when somebody was quicker.

        Example:
            >>> client.update_experiment("churn-tuning", status="Completed").status
            'Completed'
        """
        body = {"name": name, "description": description, "tags": None if tags is None else _tags(tags), "status": status}
        changes = {key: value for key, value in body.items() if value is not None}
        return Experiment.of(self._http.call("PATCH", _experiment(experiment), changes, headers={"If-Match": if_match} if if_match else None))

    def archive_experiment(self, experiment: str) -> Experiment:
        """Hides an experiment from lists; it takes no new runs. Nothing of it is lost.

        Example:
            >>> client.archive_experiment("churn-tuning").status
            'Archived'
        """
        return Experiment.of(self._http.post(f"{_experiment(experiment)}/archive", None, create=False))

    def restore_experiment(self, experiment: str) -> Experiment:
        """Takes an experiment back out of the archive.

        Example:
            >>> archived = client.archive_experiment("churn-tuning")
            >>> client.restore_experiment("churn-tuning").status
            'Active'
        """
        return Experiment.of(self._http.post(f"{_experiment(experiment)}/restore", None, create=False))

    def start_run(
        self, experiment_id: Optional[str] = None, name: Optional[str] = None, *, tags: Optional[Mapping[str, Any]] = None, parent_run_id: Optional[str] = None,
        create_missing: bool = True, heartbeat_s: Optional[float] = 10.0,
    ) -> Run:
        """Starts a run and answers it at once; use it in a ``with`` block, which ends it. See :class:`Run`.

        Args:
            experiment_id: id or name. In a training job it may be left out: the run is the one that the schedule has opened.
            create_missing: makes the experiment when there is none of that name; False raises ResourceNotFoundError instead.
            heartbeat_s: seconds between signs of life; None sends none, and the run is never taken for lost.

        Example:
            >>> with client.start_run("churn-tuning") as run:
            ...     run.log_metrics({"accuracy": 0.94})
            >>> len(run.id)
            32
        """
        return open_run(
            self._http, experiment_id, name, tags, parent_run_id, create_missing=create_missing, heartbeat_s=heartbeat_s)

    def resume_run(self, run_id: str, *, heartbeat_s: Optional[float] = 10.0) -> Run:
        """Goes on with a run that has ended, or that another process was making: it is Running again, and takes values until it is ended. See :class:`Run`.

        Args:
            heartbeat_s: as in ``start_run``.

        Raises:
            ResourceNotFoundError: ``run_not_found``.
            ConflictError: ``run_deleted``; restore_run brings it back first.

        Example:
            >>> with client.start_run("churn-tuning") as run:
            ...     run.log_metric("loss", 0.3, step=0)
            >>> with client.resume_run(run.id) as again:
            ...     again.log_metric("loss", 0.2, step=1)
            >>> client.get_run(run.id).run.latest["loss"].step
            1
        """
        resumed = self._http.post(f"{_run(run_id)}/resume", None, create=False)
        return Run(self._http, resumed["id"], resumed["experiment_id"], heartbeat_s)

    def get_run(self, run_id: str) -> RunDetail:
        """A run with its notes, data sets and alerts.

        Example:
            >>> client.get_run(run_id).run.metrics["accuracy"]
            0.75
        """
        return RunDetail.of(self._http.get(_run(run_id)))

    def search_runs(
        self, experiments: Union[str, Sequence[str]] = (), filter: Optional[str] = None, *, order_by: Sequence[str] = (), view: Optional[str] = None,
    ) -> Iterator[RunInfo]:
        """Runs by MLflow's grammar, the latest first unless told otherwise.

        Args:
            experiments: id or name, or several; none: all that are not archived.
            filter: ``metrics.loss < 0.1 and params.optimizer = 'adam' and tags.team LIKE '%nlp%' and attributes.status IN ('Completed')``.
            order_by: keys with ASC or DESC, such as ``metrics.loss ASC``.
            view: active, deleted or all; None: active.

        Raises:
            ValidationError: the filter is wrong; the message points at the character.

        Example:
            >>> [run.name for run in client.search_runs("churn-tuning", "metrics.accuracy > 0.7 and params.depth = '3'", order_by=["metrics.accuracy DESC"])]
            ['shallow']
        """
        chosen = [experiments] if isinstance(experiments, str) else list(experiments)
        query = {"experiment": chosen or None, "filter": filter, "order_by": list(order_by) or None, "view": view}
        return (RunInfo.of(r) for r in self._http.pages("/api/v1/runs", query))

    def list_runs(self, experiment: str) -> Iterator[RunInfo]:
        """Runs of an experiment, the latest first.

        Example:
            >>> [run.name for run in client.list_runs("churn-tuning")]
            ['deep', 'shallow']
        """
        return self.search_runs(experiment)

    def compare_runs(self, run_ids: Sequence[str]) -> RunComparison:
        """Runs side by side.

        Example:
            >>> compared = client.compare_runs([run.id for run in client.list_runs("churn-tuning")])
            >>> dict(compared.differing_parameters)
            {'depth': ('9', '3')}
            >>> compared.metrics["accuracy"]
            (0.7, 0.75)
        """
        return RunComparison.of(tuple(self.get_run(run_id).run for run_id in run_ids))

    def get_metric_history(self, run_id: str, key: str) -> Iterator[MetricPoint]:
        """Every value of a metric, in the order of steps.

        Example:
            >>> [point.value for point in client.get_metric_history(run_id, "accuracy")]
            [0.5, 0.75]
        """
        return (MetricPoint.of(p) for p in metric_history(self._http, run_id, key))

    def list_run_artifacts(self, run_id: str) -> Iterator[RunArtifact]:
        """Files of a run, in the order of their paths.

        Example:
            >>> [file.path for file in client.list_run_artifacts(run_id)]
            ['model/model.py']
        """
        return (RunArtifact(f["path"], f["size_bytes"], f["sha256"]) for f in self._http.pages(f"{_run(run_id)}/artifacts"))

    def download_run_artifacts(self, run_id: str, destination: str, path: Optional[str] = None, *, progress: Optional[_files.Progress] = None) -> str:
        """Writes files of a run below a folder, each checked against its digest before it gets its name.

        Args:
            path: one file, or a folder; None: all.

        Returns:
            The destination.

        Example:
            >>> import os
            >>> os.listdir(client.download_run_artifacts(run_id, folder + "/copy", "model"))
            ['model']
        """
        wanted = None if path is None else path.strip("/")
        files = [f for f in self.list_run_artifacts(run_id) if not wanted or f.path == wanted or f.path.startswith(wanted + "/")]
        total, done = sum(f.size_bytes for f in files), [0]

        def moved(count: int) -> None:
            done[0] += count
            if progress is not None:
                progress(done[0], total)

        os.makedirs(destination, exist_ok=True)
        for file in files:
            _files.download(self._http, artifact_url(run_id, file.path), _files.target_of(destination, file.path), file.sha256, file.size_bytes, moved)
        return destination

    def delete_run(self, run_id: str) -> RunInfo:
        """Hides a run; restore_run brings it back.

        Example:
            >>> client.delete_run(run_id).deleted_at is None
            False
        """
        return RunInfo.of(self._http.call("DELETE", _run(run_id)))

    def restore_run(self, run_id: str) -> RunInfo:
        """Brings a deleted run back.

        Example:
            >>> hidden = client.delete_run(run_id)
            >>> client.restore_run(run_id).deleted_at is None
            True
        """
        return RunInfo.of(self._http.post(f"{_run(run_id)}/restore", None, create=False))


def _experiment(reference: str) -> str:
    return f"/api/v1/experiments/{segment(reference)}"


def _run(run_id: str) -> str:
    return f"/api/v1/runs/{segment(run_id)}"


def _tags(tags: Tags) -> Optional[Dict[str, str]]:
    if tags is None:
        return None
    return {str(k): str(v) for k, v in tags.items()} if isinstance(tags, Mapping) else {str(tag): "" for tag in tags}
