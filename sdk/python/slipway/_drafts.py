"""Live deployments: code that is edited while it answers, until it is frozen into a version."""

from __future__ import annotations

import base64
import datetime
from dataclasses import dataclass
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple, Union

from ._http import Http, segment
from ._records import VersionFile, maybe_time_of
from ._rollouts import Rollout


@dataclass(frozen=True)
class DraftError:
    """Why the newest files do not answer. ``code``: import_failed, load_failed, crashed, memory_limit, load_timeout or full_push_required."""

    code: str
    message: str
    traceback: Optional[str]


@dataclass(frozen=True)
class Draft:
    """What a live deployment serves between two versions.

    ``name`` (``draft@…``) and ``running_hash`` are of what answers now; ``hash`` and ``files`` of the newest files, which a patch is made on top of.
    ``outcome`` of the newest files: applied; failed (the code before goes on answering, and ``error`` says why); stored (they are loaded when a replica starts); pending.
    ``kept_state``: the last patch was applied without a new load. ``applied_ms``: from taking it to the new code answering.
    """

    environment: str
    deployment: str
    name: str
    hash: str
    running_hash: str
    base_revision: int
    model: str
    base_version: int
    is_frozen: bool
    outcome: str
    kept_state: Optional[bool]
    error: Optional[DraftError]
    last_changed: Tuple[str, ...]
    patched_at: Optional[datetime.datetime]
    patched_by: Optional[str]
    applied_ms: Optional[float]
    watched: bool
    files: Tuple[VersionFile, ...]

    @staticmethod
    def of(data: Mapping[str, Any]) -> "Draft":
        error = data["error"]
        return Draft(
            data["environment"], data["deployment"], data["name"], data["hash"], data["running_hash"], data["base_revision"], data["model"], data["base_version"],
            data["is_frozen"], data["outcome"], data["kept_state"], None if error is None else DraftError(error["code"], error["message"], error["traceback"]),
            tuple(data["last_changed"]), maybe_time_of(data["patched_at"]), data["patched_by"], data["applied_ms"], data["watched"],
            tuple(VersionFile(f["path"], f["size_bytes"], f["sha256"]) for f in data["files"]))


@dataclass(frozen=True)
class FileDiff:
    """One file of a draft that differs from the version that it began from.

    ``change``: added, removed or changed. ``added`` and ``removed`` count lines; None where it was not compared by line, and ``omitted`` (binary, too_large) says why.
    ``hunks`` are as the API has them; empty with ``omitted`` too_many_lines, where the diff as a whole is too long.
    """

    path: str
    change: str
    added: Optional[int]
    removed: Optional[int]
    old_size_bytes: Optional[int]
    new_size_bytes: Optional[int]
    omitted: Optional[str]
    hunks: Tuple[Mapping[str, Any], ...]

    @property
    def unified(self) -> str:
        """As a unified diff; a line that is too long to be shown ends with ``…``."""
        lines = [
            f"--- {'/dev/null' if self.change == 'added' else 'a/' + self.path}", f"+++ {'/dev/null' if self.change == 'removed' else 'b/' + self.path}",
            *([] if self.omitted is None else [f"# {self.omitted}"])]
        for hunk in self.hunks:
            lines.append(f"@@ -{hunk['old_start']},{hunk['old_lines']} +{hunk['new_start']},{hunk['new_lines']} @@")
            for line in hunk["lines"]:
                lines.append({"added": "+", "removed": "-", "same": " "}[line["kind"]] + line["text"] + ("…" if line["cut"] else ""))
                if line["no_newline"]:
                    lines.append("\\ No newline at end of file")
        return "\n".join(lines) + "\n"


@dataclass(frozen=True)
class DraftDiff:
    """How the newest files of a draft (``hash``) differ from the version that it began from; ``files`` are those that do."""

    model: str
    base_version: int
    hash: str
    added: int
    removed: int
    files: Tuple[FileDiff, ...]

    @property
    def unified(self) -> str:
        """All files as one unified diff."""
        return "".join(file.unified for file in self.files)

    @staticmethod
    def of(data: Mapping[str, Any]) -> "DraftDiff":
        return DraftDiff(
            data["model"], data["base_version"], data["hash"], data["added"], data["removed"],
            tuple(FileDiff(
                f["path"], f["change"], f["added"], f["removed"], f["old_size_bytes"], f["new_size_bytes"], f["omitted"], tuple(f["hunks"])) for f in data["files"]))


class DraftMethods:
    """What ``MLOpsClient`` offers for live deployments; ``deploy_model(…, mode="live")`` makes one, and ``promote`` freezes before it promotes."""

    _http: Http

    def get_draft(self, environment: str, name: str) -> Draft:
        """What a live deployment serves.

        Raises:
            ConflictError: ``not_live_mode``, ``nothing_live``.
            FullPushRequiredError: it does not run Python, so it cannot be patched.

        Example:
            >>> client.get_draft("development", "nobody")
            Traceback (most recent call last):
            slipway._errors.ResourceNotFoundError: ... [deployment_not_found]
        """
        return Draft.of(self._http.get(_path(environment, name)))

    def read_draft_file(self, environment: str, name: str, path: str) -> bytes:
        """One of the newest files of a draft, whole.

        Raises:
            ResourceNotFoundError: ``file_not_found``.

        Example:
            >>> client.read_draft_file("development", "nobody", "model/model.py")
            Traceback (most recent call last):
            slipway._errors.ResourceNotFoundError: ... [deployment_not_found]
        """
        parts = "/".join(segment(part) for part in path.split("/"))
        return self._http.send("GET", f"{_path(environment, name)}/files/{parts}", headers={"Accept": "*/*"}).read()

    def diff_draft(self, environment: str, name: str, *, context: int = 3) -> DraftDiff:
        """What a draft has changed since the version that it began from, line by line.

        Args:
            context: equal lines around what differs, 0 to 1,000.

        Raises:
            ConflictError: ``not_live_mode``, ``nothing_live``.

        Example:
            >>> print(client.diff_draft("development", "nobody").unified)
            Traceback (most recent call last):
            slipway._errors.ResourceNotFoundError: ... [deployment_not_found]
        """
        return DraftDiff.of(self._http.get(f"{_path(environment, name)}/diff", {"context": str(context)}))

    def patch_draft(
        self, environment: str, name: str, put: Optional[Mapping[str, Union[str, bytes]]] = None, *, remove: Sequence[str] = (), base_hash: Optional[str] = None,
    ) -> Draft:
        """Changes files of a draft, and waits until its replica has taken them or refused.

        Args:
            put: path to whole content; a text is written as UTF-8.
            remove: paths that go.
            base_hash: ``hash`` of the draft that the change was made for. None: whatever is newest, over what others did meanwhile.

        Returns:
            The draft. Look at ``outcome``: code that does not load is no exception, and the code before goes on answering.

        Raises:
            StaleDraftError: somebody else has patched it since ``base_hash``.
            FullPushRequiredError: a running process cannot take that, such as another Python version; deploy a version instead.
            ConflictError: ``draft_gated``, ``deployment_stopped``, ``rollout_under_way``.
            ValidationError: a path is not there or not allowed.

        Example:
            >>> client.patch_draft("development", "nobody", {"model/model.py": "…"}, base_hash="0" * 64)
            Traceback (most recent call last):
            slipway._errors.ResourceNotFoundError: ... [deployment_not_found]
        """
        operations: List[Dict[str, str]] = [{"op": "remove", "path": path} for path in remove]
        for path, content in (put or {}).items():
            raw = content.encode() if isinstance(content, str) else content
            operations.append({"op": "put", "path": path, "content_base64": base64.b64encode(raw).decode("ascii")})
        body = {"base_hash": base_hash or self.get_draft(environment, name).hash, "operations": operations}
        return Draft.of(self._http.call("POST", f"{_path(environment, name)}/patches", body))

    def watch_draft(self, environment: str, name: str) -> Draft:
        """Keeps a live deployment warm for half a minute, and wakes it; call it every ten seconds while somebody edits.

        Example:
            >>> client.watch_draft("development", "nobody")
            Traceback (most recent call last):
            slipway._errors.ResourceNotFoundError: ... [deployment_not_found]
        """
        return Draft.of(self._http.call("POST", f"{_path(environment, name)}/watch", repeatable=True))

    def freeze_draft(
        self, environment: str, name: str, *, label: Optional[str] = None, description: Optional[str] = None, revision_name: Optional[str] = None,
    ) -> Rollout:
        """Makes a version and a revision of what answers now; the draft begins anew from there.

        Args:
            label: unique label of the version.
            description: of the version.
            revision_name: name of the revision.

        Raises:
            DraftBrokenError: the newest files do not load.
            ConflictError: ``draft_pending``, ``draft_unchanged``, ``rollout_under_way``, ``deployment_stopped``.

        Example:
            >>> client.freeze_draft("development", "nobody", label="v2")
            Traceback (most recent call last):
            slipway._errors.ResourceNotFoundError: ... [deployment_not_found]
        """
        body = {"label": label, "description": description, "revision_name": revision_name}
        return Rollout.of(self._http.post(f"{_path(environment, name)}/freeze", body))


def _path(environment: str, name: str) -> str:
    return f"/api/v1/deployments/{segment(environment)}/{segment(name)}/draft"
