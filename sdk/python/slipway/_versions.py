"""What a version carries besides its files: metrics, comparison with others, lineage, places where it is deployed."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any, Dict, Iterator, Mapping, Optional, Sequence, Tuple, Union

from ._files import version_path
from ._http import Http, segment
from ._records import ModelVersion, time_of

Version = Union[int, str]
"""A number, ``"v3"``, a label, or ``"@alias"``."""


@dataclass(frozen=True)
class VersionMetric:
    """A metric of a version. ``namespace`` is ``training`` or ``validation``; ``points`` are (step, value) by rising step, empty where there is one value only."""

    namespace: str
    key: str
    value: float
    step: int
    at: datetime.datetime
    points: Tuple[Tuple[int, float], ...]

    @staticmethod
    def of(data: Mapping[str, Any]) -> "VersionMetric":
        return VersionMetric(
            data["namespace"], data["key"], float(data["value"]), data["step"], time_of(data["at"]), tuple((p["step"], float(p["value"])) for p in data["points"]))


@dataclass(frozen=True)
class MetricCell:
    """A metric in a comparison: ``delta`` is the difference to the first version, None for the first and where there is nothing to compare with."""

    value: float
    delta: Optional[float]
    best: bool


@dataclass(frozen=True)
class MetricRow:
    """A metric across versions; None where a version does not have it."""

    namespace: str
    key: str
    lower_is_better: bool
    cells: Tuple[Optional[MetricCell], ...]


@dataclass(frozen=True)
class ValueRow:
    """A text across versions. ``changes``, against the first: same, changed, added, removed, absent."""

    key: str
    values: Tuple[Optional[str], ...]
    changes: Tuple[str, ...]


@dataclass(frozen=True)
class Comparison:
    """Versions side by side. Each row has one member for each version, in the order asked for; ``files`` hold digests."""

    versions: Tuple[int, ...]
    metrics: Tuple[MetricRow, ...]
    parameters: Tuple[ValueRow, ...]
    signature: Tuple[ValueRow, ...]
    requirements: Tuple[ValueRow, ...]
    files: Tuple[ValueRow, ...]
    deployments: Tuple[Tuple[str, ...], ...]

    @staticmethod
    def of(data: Mapping[str, Any]) -> "Comparison":
        metrics = tuple(
            MetricRow(m["namespace"], m["key"], m["lower_is_better"], tuple(
                None if c is None else MetricCell(float(c["value"]), None if c["delta"] is None else float(c["delta"]), c["best"]) for c in m["cells"]))
            for m in data["metrics"])
        parameters, signature, requirements = (
            tuple(ValueRow(r["key"], tuple(r["values"]), tuple(r["changes"])) for r in data[kind]) for kind in ("parameters", "signature", "requirements"))
        files = tuple(ValueRow(f["path"], tuple(None if v is None else v["sha256"] for v in f["files"]), tuple(f["changes"])) for f in data["files"])
        where = tuple(tuple(f"{d['environment']}/{d['name']}" for d in v["deployments"] if d["use"] != "earlier") for v in data["versions"])
        return Comparison(tuple(v["version"] for v in data["versions"]), metrics, parameters, signature, requirements, files, where)


@dataclass(frozen=True)
class LineageNode:
    """``kind``: experiment, run, dataset, parameters, version or deployment. ``resource``: path below ``/api/v1``, None where there is none."""

    id: str
    kind: str
    name: str
    resource: Optional[str]
    facts: Mapping[str, str]


@dataclass(frozen=True)
class LineageEdge:
    """From what was there first to what was made of it."""

    source: str
    target: str
    kind: str


@dataclass(frozen=True)
class Lineage:
    """A graph. ``start`` are the ids of the nodes asked about; ``truncated``: there is more."""

    start: Tuple[str, ...]
    nodes: Tuple[LineageNode, ...]
    edges: Tuple[LineageEdge, ...]
    truncated: bool

    @staticmethod
    def of(data: Mapping[str, Any]) -> "Lineage":
        return Lineage(
            tuple(data["start"]), tuple(LineageNode(n["id"], n["kind"], n["name"], n["resource"], dict(n["facts"])) for n in data["nodes"]),
            tuple(LineageEdge(e["from"], e["to"], e["kind"]) for e in data["edges"]), data["truncated"])


@dataclass(frozen=True)
class VersionDeployment:
    """Where a version is deployed. ``use``: live, rolling_out, or earlier, where a revision is kept and no traffic goes."""

    version: int
    environment: str
    name: str
    use: str
    revision: int
    status: str


class VersionMethods:
    """The part of the client that this module is about."""

    _http: Http

    def log_version_metrics(self, model_name: str, version: Version, metrics: Mapping[str, float], step: int = 0) -> ModelVersion:
        """Adds validation metrics to a version; the same metric at the same step again takes the new value. Training metrics come with the source run.

        Example:
            >>> client.log_version_metrics("sentiment-classifier", 3, {"val_accuracy": 0.94}).validation_metrics["val_accuracy"]
            0.94
        """
        wire = {key: _wire(value) for key, value in metrics.items()}
        return ModelVersion.of(self._http.call("PUT", f"{version_path(model_name, version)}/metrics", {"metrics": wire, "step": step}))

    def delete_version_metric(self, model_name: str, version: Version, key: str) -> ModelVersion:
        """Takes a validation metric away, with all its values.

        Example:
            >>> version = client.log_version_metrics("sentiment-classifier", 3, {"typo": 1})
            >>> dict(client.delete_version_metric("sentiment-classifier", 3, "typo").validation_metrics)
            {}
        """
        return ModelVersion.of(self._http.call("DELETE", f"{version_path(model_name, version)}/metrics?key={segment(key)}"))

    def list_version_metrics(self, model_name: str, version: Version) -> Tuple[VersionMetric, ...]:
        """Every metric of a version with its values over steps: training first, each by name.

        Example:
            >>> for step, loss in enumerate([0.9, 0.5, 0.4]):
            ...     version = client.log_version_metrics("sentiment-classifier", 3, {"loss": loss}, step)
            >>> client.list_version_metrics("sentiment-classifier", 3)[0].points
            ((0, 0.9), (1, 0.5), (2, 0.4))
        """
        return tuple(VersionMetric.of(m) for m in self._http.get(f"{version_path(model_name, version)}/metrics")["items"])

    def compare_model_versions(
        self, model_name: str, versions: Sequence[Version], *, lower_is_better: Sequence[str] = (), higher_is_better: Sequence[str] = (),
    ) -> Comparison:
        """Two to ten versions side by side; the first is what the others are compared with.

        Args:
            lower_is_better: metrics of which less is better. Names such as loss, error or rmse are known.
            higher_is_better: metrics of which more is better, whatever their names say.

        Example:
            >>> for number, accuracy in ((2, 0.91), (3, 0.94)):
            ...     version = client.log_version_metrics("sentiment-classifier", number, {"accuracy": accuracy})
            >>> found = client.compare_model_versions("sentiment-classifier", [2, 3])
            >>> round(found.metrics[0].cells[1].delta, 2), found.metrics[0].cells[1].best, found.files[0].changes
            (0.03, True, ('same', 'changed'))
        """
        query = {"version": [str(v) for v in versions], "lower_is_better": list(lower_is_better), "higher_is_better": list(higher_is_better)}
        return Comparison.of(self._http.get(f"/api/v1/models/{segment(model_name)}/comparison", query))

    def get_model_lineage(self, model_name: str, version: Optional[Version] = None) -> Lineage:
        """What a version came from and what was made of it; without a version, of the newest versions of the model together.

        Example:
            >>> child = client.create_model_version("churn", path=folder, parent="sentiment-classifier@3")
            >>> [(edge.source, edge.kind) for edge in client.get_model_lineage("churn", 1).edges]
            [('version/sentiment-classifier/3', 'fine_tuned')]
        """
        path = f"/api/v1/models/{segment(model_name)}" if version is None else version_path(model_name, version)
        return Lineage.of(self._http.get(f"{path}/lineage"))

    def list_model_deployments(self, model_name: str) -> Iterator[VersionDeployment]:
        """Where versions of a model are, and were, deployed: live ones first.

        Example:
            >>> list(client.list_model_deployments("sentiment-classifier"))
            []
        """
        found = self._http.get(f"/api/v1/models/{segment(model_name)}/deployments")["items"]
        return (VersionDeployment(version=d["version"], **_known(d["deployment"])) for d in found)


def _wire(value: float) -> Union[float, str]:
    """JSON has no NaN and no infinities; the server takes their names."""
    number = float(value)
    if number != number:
        return "NaN"
    return number if abs(number) != float("inf") else ("Infinity" if number > 0 else "-Infinity")


def _known(deployment: Dict[str, Any]) -> Dict[str, Any]:
    return {name: deployment[name] for name in ("environment", "name", "use", "revision", "status")}
