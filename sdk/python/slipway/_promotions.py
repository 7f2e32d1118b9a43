"""Promotions: from one environment to the next, and back."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any, Iterator, Mapping, Optional

from ._http import Http, segment
from ._records import Deployment, time_of
from ._revisions import Rollout


@dataclass(frozen=True)
class Promoted:
    """What a promotion has started: the rollout in the next environment."""

    environment: str
    name: str
    rollout: Rollout


@dataclass(frozen=True)
class Promotion:
    """One line of the ledger. ``kind``: promoted or rejected; ``outcome``: pending, done or superseded."""

    kind: str
    from_environment: str
    to_environment: str
    name: str
    revision: int
    to_revision: Optional[int]
    source_after_promotion: Optional[str]
    outcome: str
    comment: Optional[str]
    by: str
    at: datetime.datetime

    @staticmethod
    def of(data: Mapping[str, Any]) -> "Promotion":
        return Promotion(
            data["kind"], data["from"], data["to"], data["name"], data["revision"], data["to_revision"], data["source_after_promotion"], data["outcome"], data["comment"],
            data["by"], time_of(data["at"]))


class PromotionMethods:
    """What ``MLOpsClient`` offers for promotions."""

    _http: Http

    def promote(self, environment: str, name: str, *, comment: Optional[str] = None) -> Promoted:
        """Takes the live revision of a deployment to the same-named one of the next environment.

        Args:
            comment: why; kept in the ledger, and shown to reviewers.

        Raises:
            PermissionDeniedError: production takes a Manager.
            ConflictError: ``nothing_live``, ``deployment_stopped``, ``rollout_under_way``, ``revision_unchanged``, ``name_taken``, ``stage_required``, ``approval_pending``,
                ``no_other_reviewer``.
            ApprovalRequiredError: the environment asks for an approval; its ``approval`` waits for a reviewer, and when it is approved the promotion happens by itself.

        Example:
            >>> client.promote("development", "nobody")
            Traceback (most recent call last):
            slipway._errors.ResourceNotFoundError: ... [deployment_not_found]
        """
        data = self._http.post(_path(environment, name, "promote"), {"comment": comment})
        return Promoted(data["environment"], data["name"], Rollout.of(data["rollout"]))

    def reject_deployment(self, name: str, *, comment: Optional[str] = None) -> Deployment:
        """Takes a staging deployment back: it stops and keeps its history, and the one in development is woken at its own revision.

        Raises:
            PermissionDeniedError: it takes a Manager.

        Example:
            >>> client.reject_deployment("nobody", comment="worse on Mondays")
            Traceback (most recent call last):
            slipway._errors.ResourceNotFoundError: ... [deployment_not_found]
        """
        return Deployment.of(self._http.call("POST", _path("staging", name, "reject"), {"comment": comment}))

    def list_promotions(self, environment: str, name: str) -> Iterator[Promotion]:
        """Promotions and rejections of a deployment, newest first.

        Example:
            >>> list(client.list_promotions("development", "nobody"))
            Traceback (most recent call last):
            slipway._errors.ResourceNotFoundError: ... [deployment_not_found]
        """
        return (Promotion.of(one) for one in self._http.pages(_path(environment, name, "promotions"), {}))


def _path(environment: str, name: str, what: str) -> str:
    return f"/api/v1/deployments/{segment(environment)}/{segment(name)}/{what}"
