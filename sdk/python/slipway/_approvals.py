"""Approvals: requests to change something protected, and their one decision."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any, Iterator, Mapping, Optional, Tuple, Union

from ._errors import SlipwayError
from ._files import version_path
from ._http import Http, segment
from ._records import time_of


@dataclass(frozen=True)
class Approval:
    """A request. ``state``: pending, approved, rejected, cancelled, or closed (it went stale; ``closed_reason`` says why).

    ``applied_at`` is None until the approved change was made; ``waiting_because`` says what it waits for; ``notes`` are sentences to know of what is asked for.
    """

    id: str
    kind: str
    subject: str
    resource: str
    action: str
    from_: Optional[str]
    to: str
    requester: str
    comment: Optional[str]
    requested_at: datetime.datetime
    reviewers: Tuple[str, ...]
    state: str
    decided_by: Optional[str]
    decided_at: Optional[datetime.datetime]
    decision_comment: Optional[str]
    closed_reason: Optional[str]
    applied_at: Optional[datetime.datetime]
    waiting_because: Optional[str]
    can_decide: bool
    can_cancel: bool
    notes: Tuple[str, ...] = ()

    @staticmethod
    def of(data: Mapping[str, Any]) -> "Approval":
        return Approval(
            data["id"], data["kind"], data["subject"], data["resource"], data["action"], data["from"], data["to"], data["requester"], data["comment"],
            time_of(data["requested_at"]), tuple(data["reviewers"]), data["state"], data["decided_by"], _time(data["decided_at"]), data["decision_comment"],
            data["closed_reason"], _time(data["applied_at"]), data["waiting_because"], data["can_decide"], data["can_cancel"], tuple(data["notes"]))


class ApprovalRequiredError(SlipwayError):
    """202: what was asked for is protected. Nothing has changed yet; a request waits for a reviewer, and when it is approved the change happens by itself.

    Attributes:
        approval: the request.
    """

    def __init__(self, approval: Approval) -> None:
        super().__init__(
            f"This needs an approval by {' or '.join(approval.reviewers)}: {approval.action} The request is {approval.id}.",
            code="approval_required", status_code=202)
        self.approval = approval


class ApprovalMethods:
    """What ``MLOpsClient`` offers for approvals."""

    _http: Http

    def request_model_version_stage(
        self, model_name: str, version: Union[int, str], stage: str, *, archive_existing_versions: Optional[bool] = None, comment: Optional[str] = None,
    ) -> Optional[Approval]:
        """Moves a version to another stage, or asks for it where the stage is protected.

        Args:
            comment: for the reviewers, and kept in the ledger.

        Returns:
            The request that waits for a reviewer; the pending one when the same was asked before. None: the stage is not protected, and the version was moved.

        Raises:
            ConflictError: ``approval_pending`` (somebody else asked already), ``no_other_reviewer``.

        Example:
            >>> print(client.request_model_version_stage("sentiment-classifier", 3, "Staging", comment="looks good"))
            None
        """
        body = {"stage": stage, "archive_existing_versions": archive_existing_versions, "note": comment}
        try:
            self._http.post(f"{version_path(model_name, version)}/stage", body, create=False)
        except ApprovalRequiredError as asked:
            return asked.approval
        return None

    def approvals(self, *, state: Optional[str] = None, mine: Optional[str] = None, resource: Optional[str] = None) -> Iterator[Approval]:
        """Requests, newest first.

        Args:
            state: pending, approved, rejected, cancelled or closed.
            mine: ``to_decide`` or ``requested``.
            resource: of this thing or what is below it, such as ``models/churn``.

        Example:
            >>> [approval.action for approval in client.approvals(state="pending", mine="to_decide")]
            []
        """
        return (Approval.of(a) for a in self._http.pages("/api/v1/approvals", {"state": state, "mine": mine, "resource": resource}))

    def get_approval(self, approval_id: str) -> Approval:
        """One request.

        Raises:
            ResourceNotFoundError: ``approval_not_found``.

        Example:
            >>> client.get_approval("00000000-0000-0000-0000-000000000000")
            Traceback (most recent call last):
            slipway._errors.ResourceNotFoundError: There is no such request for approval. [approval_not_found]
        """
        return Approval.of(self._http.get(_path(approval_id))["approval"])

    def approve(self, approval_id: str, comment: Optional[str] = None) -> Approval:
        """Approves a request; the change then happens by itself, once.

        Raises:
            PermissionDeniedError: ``own_request``, ``not_a_reviewer``, or ``missing_scope``: a key with scopes decides nothing.
            ConflictError: ``approval_already_decided``; ``approval_stale`` when what it was asked against has changed, which also closes it.

        Example:
            >>> for approval in client.approvals(mine="to_decide"):
            ...     decided = client.approve(approval.id, "recall is better")
        """
        return Approval.of(self._http.post(f"{_path(approval_id)}/approve", {"comment": comment}))

    def reject(self, approval_id: str, comment: str) -> Approval:
        """Rejects a request; the comment says why. Raises as ``approve`` does.

        Example:
            >>> for approval in client.approvals(mine="to_decide"):
            ...     decided = client.reject(approval.id, "too slow at p99")
        """
        return Approval.of(self._http.post(f"{_path(approval_id)}/reject", {"comment": comment}))

    def cancel_approval(self, approval_id: str, comment: Optional[str] = None) -> Approval:
        """Withdraws one's own pending request.

        Example:
            >>> for approval in client.approvals(state="pending", mine="requested"):
            ...     withdrawn = client.cancel_approval(approval.id)
        """
        return Approval.of(self._http.post(f"{_path(approval_id)}/cancel", {"comment": comment}))

    def comment_on_approval(self, approval_id: str, text: str) -> Approval:
        """Adds to the conversation about a request.

        Example:
            >>> for approval in client.approvals(state="pending"):
            ...     discussed = client.comment_on_approval(approval.id, "which data set?")
        """
        return Approval.of(self._http.post(f"{_path(approval_id)}/comments", {"text": text})["approval"])


def _path(approval_id: str) -> str:
    return f"/api/v1/approvals/{segment(approval_id)}"


def _time(text: Optional[str]) -> Optional[datetime.datetime]:
    return None if text is None else time_of(text)
