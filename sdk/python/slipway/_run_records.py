"""What calls about experiments and runs answer: frozen dataclasses. Times are aware datetimes in UTC."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any, Mapping, Optional, Tuple

from ._records import maybe_time_of, time_of


@dataclass(frozen=True)
class Experiment:
    """A line of work. ``status`` is Active, Completed or Archived; ``last_activity_at`` is when a run last started or ended."""

    id: str
    name: str
    description: Optional[str]
    tags: Mapping[str, str]
    status: str
    run_count: int
    last_activity_at: Optional[datetime.datetime]
    created_by: str
    created_at: datetime.datetime
    updated_at: datetime.datetime
    etag: str

    @staticmethod
    def of(data: Mapping[str, Any]) -> "Experiment":
        return Experiment(
            data["id"], data["name"], data["description"], dict(data["tags"]), data["status"], data["run_count"], maybe_time_of(data["last_activity_at"]),
            data["created_by"], time_of(data["created_at"]), time_of(data["updated_at"]), data["etag"])


@dataclass(frozen=True)
class MetricPoint:
    """One value of a metric; ``timestamp`` in milliseconds since 1970."""

    value: float
    step: int
    timestamp: int

    @staticmethod
    def of(data: Mapping[str, Any]) -> "MetricPoint":
        return MetricPoint(float(data["value"]), data["step"], data["timestamp"])


@dataclass(frozen=True)
class RunInfo:
    """A run as it was when it was asked for. ``metrics`` are latest values, ``latest`` the same with step and time."""

    id: str
    experiment_id: str
    experiment_name: str
    name: Optional[str]
    status: str
    status_reason: Optional[str]
    user: str
    parent_run_id: Optional[str]
    started_at: datetime.datetime
    ended_at: Optional[datetime.datetime]
    deleted_at: Optional[datetime.datetime]
    parameters: Mapping[str, str]
    latest: Mapping[str, MetricPoint]
    tags: Mapping[str, str]
    etag: str

    @property
    def metrics(self) -> Mapping[str, float]:
        return {key: point.value for key, point in self.latest.items()}

    @staticmethod
    def of(data: Mapping[str, Any]) -> "RunInfo":
        return RunInfo(
            data["id"], data["experiment_id"], data["experiment_name"], data["name"], data["status"], data["status_reason"], data["user"], data["parent_run_id"],
            time_of(data["started_at"]), maybe_time_of(data["ended_at"]), maybe_time_of(data["deleted_at"]), dict(data["parameters"]),
            {key: MetricPoint.of(point) for key, point in data["metrics"].items()}, dict(data["tags"]), data["etag"])


@dataclass(frozen=True)
class DataSet:
    """Data that a run was made with."""

    name: str
    path: str
    digest: Optional[str]
    description: Optional[str]
    logged_at: datetime.datetime

    @staticmethod
    def of(data: Mapping[str, Any]) -> "DataSet":
        return DataSet(data["name"], data["path"], data["digest"], data["description"], time_of(data["logged_at"]))


@dataclass(frozen=True)
class RunAlert:
    """A condition on a metric; ``fired_count`` is how many times it became true."""

    id: str
    condition: str
    message: Optional[str]
    is_met: bool
    fired_count: int

    @staticmethod
    def of(data: Mapping[str, Any]) -> "RunAlert":
        return RunAlert(data["id"], data["condition"], data["message"], data["is_met"], data["fired_count"])


@dataclass(frozen=True)
class RunArtifact:
    """A file that a run made: relative path with forward slashes, size in bytes, lower-case hexadecimal SHA-256."""

    path: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True)
class RunDetail:
    """A run with its notes, data sets and alerts."""

    run: RunInfo
    notes: Optional[str]
    data_sets: Tuple[DataSet, ...]
    alerts: Tuple[RunAlert, ...]
    child_count: int
    artifact_count: int
    artifact_bytes: int

    @staticmethod
    def of(data: Mapping[str, Any]) -> "RunDetail":
        return RunDetail(
            RunInfo.of(data["run"]), data["notes"], tuple(DataSet.of(d) for d in data["data_sets"]), tuple(RunAlert.of(a) for a in data["alerts"]),
            data["child_count"], data["artifact_count"], data["artifact_bytes"])


@dataclass(frozen=True)
class RunComparison:
    """Runs side by side. Each name maps to one value for each run, None where it has none."""

    runs: Tuple[RunInfo, ...]
    parameters: Mapping[str, Tuple[Optional[str], ...]]
    metrics: Mapping[str, Tuple[Optional[float], ...]]

    @property
    def differing_parameters(self) -> Mapping[str, Tuple[Optional[str], ...]]:
        """Those whose values are not the same in all runs."""
        return {key: values for key, values in self.parameters.items() if len(set(values)) > 1}

    @staticmethod
    def of(runs: Tuple[RunInfo, ...]) -> "RunComparison":
        return RunComparison(
            runs,
            {key: tuple(run.parameters.get(key) for run in runs) for key in sorted({key for run in runs for key in run.parameters})},
            {key: tuple(run.metrics.get(key) for run in runs) for key in sorted({key for run in runs for key in run.latest})})
