"""Revisions of a deployment: what was live, going back, variables."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any, Iterator, Mapping, Optional, Tuple

from ._http import Http, segment
from ._records import maybe_time_of, time_of
from ._rollouts import Rollout


@dataclass(frozen=True)
class Revision:
    """An immutable configuration of a deployment. ``status``: live, inactive, rolling_out, failed, canceled, previous or new.

    ``model`` and ``model_version`` are those of its default variant; ``live_periods`` pairs of times, the second None while it is live.
    """

    number: int
    name: str
    status: str
    status_detail: Optional[str]
    model: str
    model_version: int
    labels: Mapping[str, str]
    variables: Mapping[str, str]
    secrets: Tuple[str, ...]
    live_periods: Tuple[Tuple[datetime.datetime, Optional[datetime.datetime]], ...]
    created_by: str
    created_at: datetime.datetime

    @staticmethod
    def of(data: Mapping[str, Any]) -> "Revision":
        default = next(v for v in data["variants"] if v["is_default"])
        return Revision(
            data["number"], data["name"], data["status"], data["status_detail"], default["model"], default["model_version"], dict(data["labels"]), dict(data["variables"]),
            tuple(data["secrets"]), tuple((time_of(p["from"]), maybe_time_of(p["until"])) for p in data["live_periods"]), data["created_by"], time_of(data["created_at"]))


class RevisionMethods:
    """What ``MLOpsClient`` offers for revisions. A deployment is named by its environment and name."""

    _http: Http

    def list_revisions(self, environment: str, name: str, *, was_live: bool = False) -> Iterator[Revision]:
        """Revisions of a deployment, newest first.

        Args:
            was_live: only those that are or were live, or are on their way.

        Raises:
            ResourceNotFoundError: ``deployment_not_found``.

        Example:
            >>> list(client.list_revisions("staging", "nobody"))
            Traceback (most recent call last):
            slipway._errors.ResourceNotFoundError: ... [deployment_not_found]
        """
        return (Revision.of(one) for one in self._http.pages(_path(environment, name, "revisions"), {"was_live": "true" if was_live else None}))

    def get_revision(self, environment: str, name: str, revision: int) -> Revision:
        """One revision of a deployment.

        Raises:
            ResourceNotFoundError: ``deployment_not_found``, ``revision_not_found``.

        Example:
            >>> client.get_revision("staging", "nobody", 1)
            Traceback (most recent call last):
            slipway._errors.ResourceNotFoundError: ... [deployment_not_found]
        """
        return Revision.of(self._http.get(_path(environment, name, f"revisions/{int(revision)}")))

    def update_revision(
        self, environment: str, name: str, revision: int, *, revision_name: Optional[str] = None, labels: Optional[Mapping[str, str]] = None,
    ) -> Revision:
        """Changes the name or the labels of a revision, which nothing that answers depends on; what is None stays.

        Raises:
            ValidationError: ``invalid_field``.

        Example:
            >>> client.update_revision("staging", "nobody", 1, labels={"ticket": "42"})
            Traceback (most recent call last):
            slipway._errors.ResourceNotFoundError: ... [deployment_not_found]
        """
        body = {"name": revision_name, "labels": None if labels is None else dict(labels)}
        return Revision.of(self._http.call("PATCH", _path(environment, name, f"revisions/{int(revision)}"), body))

    def set_variables(self, environment: str, name: str, variables: Mapping[str, Optional[str]]) -> Rollout:
        """Sets plain environment variables: a new revision that is rolled out. None as a value takes a variable away; those not named stay.

        Raises:
            ValidationError: a name that is none, or that Slipway sets itself.
            ConflictError: ``rollout_under_way``, ``deployment_stopped``, ``revision_unchanged``.
            ApprovalRequiredError: the environment asks for an approval of it; its ``approval`` waits for a reviewer, and when it is approved it happens by itself.

        Example:
            >>> client.set_variables("staging", "nobody", {"MODE": "fast", "REGION": None})
            Traceback (most recent call last):
            slipway._errors.ResourceNotFoundError: ... [deployment_not_found]
        """
        return Rollout.of(self._http.post(_path(environment, name, "revisions"), {"variables": dict(variables)}))

    def rebuild(self, environment: str, name: str) -> Rollout:
        """Builds what is live once more, with its requirements resolved anew, and rolls that out as a new revision.

        Where the build comes out as before, the new revision shares the replicas of the old one.

        Raises:
            ConflictError: ``nothing_live``, ``rollout_under_way``, ``deployment_stopped``.

        Example:
            >>> client.rebuild("staging", "nobody")
            Traceback (most recent call last):
            slipway._errors.ResourceNotFoundError: ... [deployment_not_found]
        """
        return Rollout.of(self._http.post(_path(environment, name, "rebuild"), {}))

    def redeploy(
        self, environment: str, name: str, revision: int, *, rollout: Optional[Mapping[str, Any]] = None, comment: Optional[str] = None,
    ) -> Rollout:
        """Makes a kept revision live again; its number stays.

        Args:
            rollout: how, such as ``{"strategy": "blue_green"}``; what it leaves out the environment says.
            comment: why, for reviewers where the environment asks for approval of it.

        Raises:
            ConflictError: ``revision_live``, ``revision_inactive``, ``rollout_under_way``, ``deployment_stopped``, ``version_deleted``, ``stage_required``.
            ApprovalRequiredError: the environment asks for an approval, and nobody has approved this revision there yet; its ``approval`` waits for a reviewer, and when it is approved it happens by itself.

        Example:
            >>> client.redeploy("staging", "nobody", 1)
            Traceback (most recent call last):
            slipway._errors.ResourceNotFoundError: ... [deployment_not_found]
        """
        return Rollout.of(self._http.post(_path(environment, name, f"revisions/{int(revision)}/redeploy"), {"rollout": None if rollout is None else dict(rollout), "comment": comment}))

    def rollback(self, environment: str, name: str, revision: Optional[int] = None, *, comment: Optional[str] = None) -> Rollout:
        """Goes back to the revision that was live before, or to ``revision``.

        Raises:
            ConflictError: ``nothing_to_roll_back``, and those of ``redeploy``.
            ApprovalRequiredError: as ``redeploy``.

        Example:
            >>> client.rollback("staging", "nobody")
            Traceback (most recent call last):
            slipway._errors.ResourceNotFoundError: ... [deployment_not_found]
        """
        return Rollout.of(self._http.post(_path(environment, name, "rollback"), {"revision": revision, "comment": comment}))

    def deactivate_revision(self, environment: str, name: str, revision: int) -> None:
        """Deactivates a revision: no process runs it; while it is the live one, the endpoint answers 404.

        Example:
            >>> client.deactivate_revision("staging", "nobody", 1)
            Traceback (most recent call last):
            slipway._errors.ResourceNotFoundError: ... [deployment_not_found]
        """
        self._http.call("POST", _path(environment, name, f"revisions/{int(revision)}/deactivate"), repeatable=True)

    def activate_revision(self, environment: str, name: str, revision: int) -> None:
        """Activates a deactivated revision again.

        Example:
            >>> client.activate_revision("staging", "nobody", 1)
            Traceback (most recent call last):
            slipway._errors.ResourceNotFoundError: ... [deployment_not_found]
        """
        self._http.call("POST", _path(environment, name, f"revisions/{int(revision)}/activate"), repeatable=True)


def _path(environment: str, name: str, what: str) -> str:
    return f"/api/v1/deployments/{segment(environment)}/{segment(name)}/{what}"
