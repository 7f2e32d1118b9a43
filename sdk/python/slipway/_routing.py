"""Variants of a deployment and the table that chooses among them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Mapping, Optional, Sequence, Tuple

from ._http import Http, segment
from ._records import Deployment
from ._rollouts import Rollout


@dataclass(frozen=True)
class SimulatedCell:
    """One condition of a row, and why it matched or did not. ``field`` is None for the row's weight."""

    field: Optional[str]
    condition: str
    matched: bool
    detail: str


@dataclass(frozen=True)
class SimulatedRow:
    """One row of the table; row 0 is the default variant's. ``answers`` is true of exactly one: the first that ``matched``."""

    row: int
    variant: str
    matched: bool
    answers: bool
    detail: str
    cells: Tuple[SimulatedCell, ...]


@dataclass(frozen=True)
class Simulation:
    """Which variant answers a context. ``result``: matched or default_matched; ``ignored``: members of the context that the table has no field for."""

    variant: str
    row: int
    result: str
    detail: str
    rows: Tuple[SimulatedRow, ...]
    ignored: Tuple[str, ...]

    @staticmethod
    def of(data: Mapping[str, Any]) -> "Simulation":
        rows = tuple(
            SimulatedRow(
                one["row"], one["variant"], one["matched"], one["answers"], one["detail"],
                tuple(SimulatedCell(c["field"], c["condition"], c["matched"], c["detail"]) for c in one["cells"]))
            for one in data["rows"])
        return Simulation(data["variant"], data["row"], data["result"], data["detail"], rows, tuple(data["ignored"]))


class RoutingMethods:
    """What ``MLOpsClient`` offers for variants and routing; docs/routing.md says what lists and tables look like."""

    _http: Http

    def create_deployment(
        self, name: str, variants: Sequence[Mapping[str, Any]], *, routing: Optional[Mapping[str, Any]] = None, environment: str = "development",
        comment: Optional[str] = None,
    ) -> Deployment:
        """Makes a deployment of several variants; returns at once.

        Args:
            variants: each with ``name``, ``model`` and ``version``; the first is the default unless another says ``default``.
            routing: ``fields`` and ``rows``; None: the default variant answers everything.
            comment: why, for reviewers where the environment asks for approval.

        Raises:
            ValidationError: what is wrong is named by its place, such as ``routing.rows[0].variant``.
            ConflictError: ``deployment_exists``, ``name_taken``.

        Example:
            >>> client.create_deployment("two", [{"name": "a", "model": "sentiment-classifier", "version": "1"}])
            Traceback (most recent call last):
            slipway._errors.ValidationError: ... [invalid_field]
        """
        body = {"name": name, "environment": environment, "variants": [dict(v) for v in variants], "routing": routing, "comment": comment}
        return Deployment.of(self._http.post("/api/v1/deployments", body))

    def set_routing(
        self, environment: str, name: str, routing: Optional[Mapping[str, Any]] = None, *, variants: Optional[Sequence[Mapping[str, Any]]] = None,
        comment: Optional[str] = None,
    ) -> Rollout:
        """Changes the table, the variants, or both: a new revision that is rolled out.

        Args:
            routing: the whole table; ``{}`` takes it away, None leaves it.
            variants: the whole list; what it does not name goes, and a variant takes what it does not say from the live one of its name, or of ``from``; a member
                that is None (``"retries": None``) is taken away.

        Returns:
            The rollout; where nothing but bounds of variants differed they are set in place, and it is the one that made live what is live.

        Raises:
            ValidationError: what is wrong is named by its place.
            ConflictError: ``rollout_under_way``, ``deployment_stopped``, ``revision_unchanged``.

        Example:
            >>> client.set_routing("staging", "nobody", {"rows": [{"variant": "b", "weight": 10}]})
            Traceback (most recent call last):
            slipway._errors.ResourceNotFoundError: ... [deployment_not_found]
        """
        body = {"routing": routing, "variants": None if variants is None else [dict(v) for v in variants], "comment": comment}
        return Rollout.of(self._http.post(f"/api/v1/deployments/{segment(environment)}/{segment(name)}/revisions", body))

    def simulate_routing(
        self, environment: str, name: str, context: Mapping[str, Any], *, identity: Optional[str] = None, input: Any = None, revision: Optional[int] = None,
    ) -> Simulation:
        """Says which row a context matches and, cell by cell, why the others do not. The model is not asked.

        Args:
            identity: who asks, for weights; None: they are drawn at random.
            input: a body, for fields that are read from it.
            revision: whose table; None: the live one's.

        Example:
            >>> client.simulate_routing("staging", "nobody", {"country": "NO"})
            Traceback (most recent call last):
            slipway._errors.ResourceNotFoundError: ... [deployment_not_found]
        """
        body = {"context": dict(context), "identity": identity, "input": input, "revision": revision}
        return Simulation.of(self._http.post(f"/api/v1/deployments/{segment(environment)}/{segment(name)}/simulate", body))
