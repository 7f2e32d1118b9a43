"""What calls answer: frozen dataclasses. Times are aware datetimes in UTC."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field
from typing import Any, Dict, Mapping, Optional, Tuple


def time_of(text: str) -> datetime.datetime:
    """RFC 3339 as the server writes it; Python 3.9 knows neither Z nor seven digits of a second."""
    text = text.replace("Z", "+00:00")
    if "." in text:
        head, rest = text.split(".", 1)
        zone = next((i for i, c in enumerate(rest) if c in "+-"), len(rest))
        text = f"{head}.{rest[:zone][:6].ljust(6, '0')}{rest[zone:]}"
    return datetime.datetime.fromisoformat(text)


def maybe_time_of(text: Optional[str]) -> Optional[datetime.datetime]:
    return None if text is None else time_of(text)


@dataclass(frozen=True)
class Model:
    """A registered model. ``latest_version`` and ``production_version`` are numbers, None where there is none."""

    name: str
    description: Optional[str]
    tags: Tuple[str, ...]
    tag_values: Mapping[str, str]
    owner: str
    latest_version: Optional[int]
    production_version: Optional[int]
    created_at: datetime.datetime
    updated_at: datetime.datetime
    etag: str

    @staticmethod
    def of(data: Mapping[str, Any]) -> "Model":
        return Model(
            data["name"], data["description"], tuple(data["tags"]), dict(data["tag_values"]), data["owner"], data["latest_version"], data["production_version"],
            time_of(data["created_at"]), time_of(data["updated_at"]), data["etag"])


@dataclass(frozen=True)
class VersionFile:
    """One file of a version: relative path with forward slashes, size in bytes, lower-case hexadecimal SHA-256."""

    path: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True)
class VersionDataset:
    """A data set of a version's source run."""

    name: str
    uri: Optional[str]
    digest: Optional[str]
    description: Optional[str]


@dataclass(frozen=True)
class VersionLink:
    """Another version, named as it was when it was linked; ``deleted``: it does not exist any more."""

    model: str
    version: int
    deleted: bool


@dataclass(frozen=True)
class ModelVersion:
    """A version of a model. ``version`` is its number; ``runnable`` whether it can be deployed, else ``not_runnable_reason`` says why.

    ``metrics``, ``parameters`` and ``datasets`` are those of the source run when the version was made; ``validation_metrics`` were added later. Of metrics
    it has the last values; ``list_version_metrics`` has all. ``parent`` is the version that it was fine-tuned from.
    """

    model: str
    version: int
    label: Optional[str]
    status: str
    stage: str
    description: Optional[str]
    runnable: bool
    not_runnable_reason: Optional[str]
    files: Tuple[VersionFile, ...]
    size_bytes: int
    digest: str
    metadata: Mapping[str, str]
    tags: Mapping[str, str]
    aliases: Tuple[str, ...]
    source: Optional[str]
    created_by: str
    created_at: datetime.datetime
    updated_at: datetime.datetime
    etag: str
    metrics: Mapping[str, float]
    validation_metrics: Mapping[str, float]
    parameters: Mapping[str, str]
    datasets: Tuple[VersionDataset, ...]
    source_run_id: Optional[str]
    parent: Optional[VersionLink]

    @staticmethod
    def of(data: Mapping[str, Any]) -> "ModelVersion":
        parent = data.get("parent")
        return ModelVersion(
            data["model"], data["version"], data["label"], data["status"], data["stage"], data["description"], data["runnable"], data["not_runnable_reason"],
            tuple(VersionFile(f["path"], f["size_bytes"], f["sha256"]) for f in data["files"]), data["size_bytes"], data["digest"], dict(data["metadata"]),
            dict(data["tags"]), tuple(data["aliases"]), data["source"], data["created_by"], time_of(data["created_at"]), time_of(data["updated_at"]), data["etag"],
            _numbers(data.get("metrics")), _numbers(data.get("validation_metrics")), dict(data.get("parameters") or {}),
            tuple(VersionDataset(d["name"], d["uri"], d["digest"], d["description"]) for d in data.get("datasets") or ()), data.get("source_run_id"),
            None if parent is None else VersionLink(parent["model"], parent["version"], parent["deleted"]))


def _numbers(data: Optional[Mapping[str, Any]]) -> Dict[str, float]:
    """NaN and the infinities come as texts, which float() knows."""
    return {key: float(value) for key, value in (data or {}).items()}


@dataclass(frozen=True)
class Transition:
    """One entry of the ledger of stages. ``to_stage`` is None where the version was deleted."""

    version: int
    from_stage: str
    to_stage: Optional[str]
    at: datetime.datetime
    by: str
    note: Optional[str]
    approval_id: Optional[str] = None
    approved_by: Optional[str] = None

    @staticmethod
    def of(data: Mapping[str, Any]) -> "Transition":
        return Transition(data["version"], data["from"], data["to"], time_of(data["at"]), data["by"], data["note"], data["approval_id"], data["approved_by"])


@dataclass(frozen=True)
class StageHolder:
    """A version's stay in a stage. ``until`` is None while it lasts; ``deleted``: the version does not exist any more."""

    version: int
    deleted: bool
    since: datetime.datetime
    until: Optional[datetime.datetime]
    by: str
    note: Optional[str]
    approval_id: Optional[str] = None
    approved_by: Optional[str] = None

    @staticmethod
    def of(data: Mapping[str, Any]) -> "StageHolder":
        return StageHolder(data["version"], data["deleted"], time_of(data["since"]), maybe_time_of(data["until"]), data["by"], data["note"], data["approval_id"], data["approved_by"])


@dataclass(frozen=True)
class Alias:
    """A movable name of one version."""

    alias: str
    version: int
    moved_at: datetime.datetime
    moved_by: str

    @staticmethod
    def of(data: Mapping[str, Any]) -> "Alias":
        return Alias(data["alias"], data["version"], time_of(data["moved_at"]), data["moved_by"])


@dataclass(frozen=True)
class AliasMove:
    """One move of an alias: None for ``from_version`` where it was made, for ``to_version`` where it was deleted."""

    alias: str
    from_version: Optional[int]
    to_version: Optional[int]
    at: datetime.datetime
    by: str

    @staticmethod
    def of(data: Mapping[str, Any]) -> "AliasMove":
        return AliasMove(data["alias"], data["from_version"], data["to_version"], time_of(data["at"]), data["by"])


@dataclass(frozen=True)
class Deletion:
    """What a deletion would take with it; ``allowed`` False: ``reason`` says why it would be refused."""

    allowed: bool
    code: Optional[str]
    reason: Optional[str]
    versions: Tuple[int, ...]
    version_count: int
    file_count: int
    size_bytes: int
    aliases: Tuple[str, ...]
    used_by: Tuple[str, ...]
    metric_count: int
    datasets: Tuple[str, ...]
    children: Tuple[VersionLink, ...]

    @staticmethod
    def of(data: Dict[str, Any]) -> "Deletion":
        return Deletion(
            data["allowed"], data["code"], data["reason"], tuple(data["versions"]), data["version_count"], data["file_count"], data["size_bytes"],
            tuple(data["aliases"]), tuple(data["used_by"]), data["metric_count"], tuple(data["datasets"]),
            tuple(VersionLink(c["model"], c["version"], c["deleted"]) for c in data["children"]))


@dataclass(frozen=True)
class Deployment:
    """A deployment. ``endpoint_url`` is where it answers predictions; ``mode``: standard, or live while its code is edited.

    ``live_revision`` is the number of what is live, ``model`` and ``model_version`` those of its default variant; None before the first was live.
    ``rolling_out`` is whether a rollout is under way. ``status_reason`` is from a closed list, None where all is well. ``strategy`` is
    how its updates are rolled out where they do not say; None: as its environment says.
    """

    name: str
    environment: str
    status: str
    status_detail: Optional[str]
    endpoint_url: str
    min_replicas: int
    max_replicas: int
    mode: str = "standard"
    status_reason: Optional[str] = None
    title: Optional[str] = None
    description: Optional[str] = None
    owner: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    live_revision: Optional[int] = None
    model: Optional[str] = None
    model_version: Optional[int] = None
    rolling_out: bool = False
    replicas_ready: int = 0
    replicas_wanted: int = 0
    etag: str = ""
    strategy: Optional[str] = None

    @staticmethod
    def of(data: Mapping[str, Any]) -> "Deployment":
        live = data["live"]
        default = None if live is None else next(v for v in live["variants"] if v["is_default"])
        return Deployment(
            data["name"], data["environment"], data["status"], data["status_detail"], data["endpoint"], data["min_replicas"], data["max_replicas"], data["mode"],
            data["status_reason"], data["title"], data["description"], data["owner"], dict(data["labels"]), None if live is None else live["number"],
            None if default is None else default["model"], None if default is None else default["model_version"], data["rollout"] is not None,
            data["replicas_ready"], data["replicas_wanted"], data["etag"], data["strategy"])
