"""Rollouts: movements of traffic from the live revision of a deployment to another one."""

from __future__ import annotations

import datetime
import time
from dataclasses import dataclass
from typing import Any, Iterator, Mapping, Optional, Tuple, Union

from ._errors import SlipwayError
from ._http import Http, segment
from ._records import maybe_time_of, time_of


@dataclass(frozen=True)
class RolloutStep:
    """One step. ``by`` is None where the rollout took it itself; ``evidence`` is what a gate saw, as the API has it."""

    number: int
    status: str
    what: str
    percent_traffic_to_new_version: int
    at: datetime.datetime
    by: Optional[str]
    evidence: Optional[Mapping[str, Any]]


@dataclass(frozen=True)
class Rollout:
    """A rollout. ``actions`` are what may be done now; ``notes`` are sentences to know of the target revision; ``waiting_for`` says what has to happen for it to go on (reason, message, until); ``settings``, ``previous`` and ``candidate`` are as the API has them."""

    id: str
    environment: str
    deployment: str
    strategy: str
    status: str
    from_revision: Optional[int]
    to_revision: int
    percent_traffic_to_new_version: int
    error_code: Optional[str]
    error_message: Optional[str]
    paused_reason: Optional[str]
    actions: Tuple[str, ...]
    settings: Mapping[str, Any]
    previous: Optional[Mapping[str, Any]]
    candidate: Mapping[str, Any]
    previous_kept: bool
    next_step_at: Optional[datetime.datetime]
    started_by: str
    started_at: datetime.datetime
    finished_at: Optional[datetime.datetime]
    steps: Tuple[RolloutStep, ...]
    notes: Tuple[str, ...] = ()
    waiting_for: Optional[Mapping[str, Any]] = None

    @staticmethod
    def of(data: Mapping[str, Any]) -> "Rollout":
        steps = tuple(
            RolloutStep(s["number"], s["status"], s["what"], s["percent_traffic_to_new_version"], time_of(s["at"]), s["by"], s["evidence"]) for s in data["steps"])
        return Rollout(
            data["id"], data["environment"], data["deployment"], data["strategy"], data["status"], data["from_revision"], data["to_revision"],
            data["percent_traffic_to_new_version"], data["error_code"], data["error_message"], data["paused_reason"], tuple(data["actions"]), dict(data["settings"]),
            data["previous"], data["candidate"], data["previous_kept"], maybe_time_of(data["next_step_at"]), data["started_by"], time_of(data["started_at"]),
            maybe_time_of(data["finished_at"]), steps, tuple(data["notes"]), data.get("waiting_for"))


class RolloutMethods:
    """What ``MLOpsClient`` offers for rollouts."""

    _http: Http

    def update_deployment(
        self, name: str, version: Union[int, str], *, environment: str = "development", strategy: Optional[str] = None, rollout: Optional[Mapping[str, Any]] = None,
        comment: Optional[str] = None, package_resources: bool = False,
    ) -> Rollout:
        """Rolls another version out to a deployment. Returns at once; ``wait_for_rollout`` waits.

        Args:
            strategy: ``"rolling"``, ``"blue_green"`` or ``"canary"``. None: as the environment says.
            rollout: its options, such as ``{"steps": [1, 10, 50], "window_seconds": 600, "bake_seconds": 60, "gate": {"max_error_rate": 0.01}}``.
            comment: why, for the reviewers where the environment asks for approval.
            package_resources: whether its replicas get the CPU and memory that its config.yaml asks for. Otherwise they have what the deployment has, and where that differs
                the rollout's ``notes`` say so.

        Raises:
            ConflictError: ``rollout_under_way``, ``revision_unchanged``, ``deployment_stopped``.
            ApprovalRequiredError: the environment asks for an approval of it; its ``approval`` waits for a reviewer, and when it is approved it happens by itself.

        Example:
            >>> client.update_deployment("nowhere", 2, strategy="canary")
            Traceback (most recent call last):
            slipway._errors.ResourceNotFoundError: ... [deployment_not_found]
        """
        body = {"version": str(version), "strategy": strategy, "rollout": None if rollout is None else dict(rollout), "comment": comment}
        if package_resources:
            body["package_resources"] = True
        return Rollout.of(self._http.post(f"/api/v1/deployments/{segment(environment)}/{segment(name)}/revisions", body))

    def list_rollouts(
        self, *, environment: Optional[str] = None, deployment: Optional[str] = None, status: Optional[str] = None, under_way: Optional[bool] = None,
    ) -> Iterator[Rollout]:
        """Rollouts, newest first.

        Args:
            status: such as ``"PAUSED"``.
            under_way: only those that have not ended, or only those that have.

        Example:
            >>> list(client.list_rollouts(status="PAUSED"))
            []
        """
        query = {"environment": environment, "deployment": deployment, "status": status, "under_way": None if under_way is None else str(under_way).lower()}
        return (Rollout.of(one) for one in self._http.pages("/api/v1/rollouts", query))

    def get_rollout(self, rollout_id: str) -> Rollout:
        """One rollout.

        Raises:
            ResourceNotFoundError: ``rollout_not_found``.

        Example:
            >>> client.get_rollout("00000000-0000-0000-0000-000000000000")
            Traceback (most recent call last):
            slipway._errors.ResourceNotFoundError: ... [rollout_not_found]
        """
        return Rollout.of(self._http.get(f"/api/v1/rollouts/{segment(rollout_id)}"))

    def pause_rollout(self, rollout_id: str) -> Rollout:
        """Holds a rollout between two steps: the split stays, replicas are kept up.

        Raises:
            ConflictError: ``rollout_state_conflict``; the message says what is possible.

        Example:
            >>> for rollout in client.list_rollouts(under_way=True, deployment="churn"):
            ...     client.pause_rollout(rollout.id)
        """
        return self._act(rollout_id, "pause")

    def resume_rollout(self, rollout_id: str) -> Rollout:
        """Goes on with a paused rollout; its gate begins anew.

        Example:
            >>> for rollout in client.list_rollouts(status="PAUSED"):
            ...     client.resume_rollout(rollout.id)
        """
        return self._act(rollout_id, "resume")

    def cancel_rollout(self, rollout_id: str, *, force: bool = False) -> Rollout:
        """Goes back to the revision before.

        Args:
            force: all traffic at once, however few replicas that revision has. False: as they come back.

        Example:
            >>> for rollout in client.list_rollouts(under_way=True, deployment="churn"):
            ...     client.cancel_rollout(rollout.id, force=True)
        """
        return self._act(rollout_id, "force-cancel" if force else "cancel")

    def complete_rollout(self, rollout_id: str) -> Rollout:
        """Moves all traffic to the new revision, whatever the gates say and however few replicas it has.

        Example:
            >>> for rollout in client.list_rollouts(under_way=True, deployment="churn"):
            ...     client.complete_rollout(rollout.id)
        """
        return self._act(rollout_id, "force-complete")

    def clean_up_rollout(self, rollout_id: str) -> Rollout:
        """Stops keeping the replicas of the revision that was replaced.

        Example:
            >>> client.clean_up_rollout("00000000-0000-0000-0000-000000000000")
            Traceback (most recent call last):
            slipway._errors.ResourceNotFoundError: ... [rollout_not_found]
        """
        return self._act(rollout_id, "cleanup")

    def retry_rollout(self, rollout_id: str) -> Rollout:
        """Tries a failed rollout again, with the same settings.

        Returns:
            The new rollout.

        Raises:
            SlipwayError: ``nothing_to_retry``, with the reason.

        Example:
            >>> client.retry_rollout("00000000-0000-0000-0000-000000000000")
            Traceback (most recent call last):
            slipway._errors.ResourceNotFoundError: ... [rollout_not_found]
        """
        answer = self._http.call("POST", f"/api/v1/rollouts/{segment(rollout_id)}/retry")
        if not answer["retried"]:
            raise SlipwayError(answer["reason"], code="nothing_to_retry")
        return Rollout.of(answer["rollout"])

    def wait_for_rollout(self, rollout_id: str, *, timeout_s: float = 3600.0) -> Rollout:
        """Until it has ended, or is paused and waits for somebody.

        Args:
            timeout_s: longest wait, in seconds.

        Raises:
            SlipwayError: ``rollout_timeout``.

        Example:
            >>> client.wait_for_rollout("00000000-0000-0000-0000-000000000000", timeout_s=5)
            Traceback (most recent call last):
            slipway._errors.ResourceNotFoundError: ... [rollout_not_found]
        """
        deadline = time.monotonic() + timeout_s
        while True:
            found = self.get_rollout(rollout_id)
            if found.finished_at is not None or found.status == "PAUSED":
                return found
            if time.monotonic() > deadline:
                raise SlipwayError(f"The rollout to revision {found.to_revision} is still {found.status} after {timeout_s} s.", code="rollout_timeout")
            time.sleep(0.3)

    def _act(self, rollout_id: str, verb: str) -> Rollout:
        return Rollout.of(self._http.call("POST", f"/api/v1/rollouts/{segment(rollout_id)}/{verb}"))
