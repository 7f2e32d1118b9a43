"""Following: a deployment goes where an alias or a stage goes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Mapping, Optional

from ._http import Http, segment
from ._revisions import Rollout


@dataclass(frozen=True)
class Following:
    """How a deployment stands to the name that its version was chosen by.

    ``state``: current, rolling_out, waiting, waits_for_approval, held, drift or unresolved; ``reason`` says more. ``version``: what the name names now.
    """

    reference: str
    follow: bool
    on_move: str
    version: Optional[int]
    state: str
    reason: Optional[str]

    @staticmethod
    def of(data: Mapping[str, Any]) -> "Following":
        return Following(data["reference"], data["follow"], data["on_move"], data["version"], data["state"], data["reason"])


class FollowingMethods:
    """What ``MLOpsClient`` offers for following."""

    _http: Http

    def follow_deployment(self, environment: str, name: str, reference: str, *, follow: bool = True, on_move: Optional[str] = None) -> Following:
        """Lets a deployment go where a name goes, or remembers the name and shows drift.

        Args:
            reference: ``"model@alias"``, or a stage as ``"model/Production"``.
            follow: False: it does not move along.
            on_move: ``"wait"`` or ``"supersede"``: what a move in the middle of a rollout does. None: as it is.

        Raises:
            ValidationError: the reference names nothing, or another model.
            ApprovalRequiredError: it is set, and going there needs an approval.

        Example:
            >>> client.follow_deployment("staging", "nobody", "sentiment-classifier@champion")
            Traceback (most recent call last):
            slipway._errors.ResourceNotFoundError: ... [deployment_not_found]
        """
        body = {"reference": reference, "follow": follow, "on_move": on_move}
        return Following.of(self._http.call("PUT", _path(environment, name), body)["following"])

    def unfollow_deployment(self, environment: str, name: str) -> None:
        """Ends the following; what is live stays.

        Example:
            >>> client.unfollow_deployment("staging", "nobody")
            Traceback (most recent call last):
            slipway._errors.ResourceNotFoundError: ... [deployment_not_found]
        """
        self._http.call("DELETE", _path(environment, name))

    def get_following(self, environment: str, name: str) -> Optional[Following]:
        """How a deployment stands to its name; None: its version was chosen by number.

        Example:
            >>> client.get_following("staging", "nobody")
            Traceback (most recent call last):
            slipway._errors.ResourceNotFoundError: ... [deployment_not_found]
        """
        data = self._http.get(f"/api/v1/deployments/{segment(environment)}/{segment(name)}")["following"]
        return None if data is None else Following.of(data)

    def catch_up_deployment(self, environment: str, name: str) -> Rollout:
        """Brings a deployment to what its name names now: after drift, or where following is held.

        Raises:
            ConflictError: ``follows_nothing``, ``reference_unresolved``, ``revision_unchanged``, ``rollout_under_way``.
            ApprovalRequiredError: it needs an approval.

        Example:
            >>> client.catch_up_deployment("staging", "nobody")
            Traceback (most recent call last):
            slipway._errors.ResourceNotFoundError: ... [deployment_not_found]
        """
        return Rollout.of(self._http.post(_path(environment, name) + "/catch-up", None))


def _path(environment: str, name: str) -> str:
    return f"/api/v1/deployments/{segment(environment)}/{segment(name)}/following"
