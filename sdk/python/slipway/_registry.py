"""Models, versions, stages, tags, aliases."""

from __future__ import annotations

import datetime
import os
from typing import Any, Dict, Iterator, Mapping, Optional, Sequence, Tuple, Union

from . import _files
from ._errors import ConflictError, ResourceNotFoundError
from ._http import Http, segment
from ._records import Alias, AliasMove, Deletion, Model, ModelVersion, StageHolder, Transition

Version = Union[int, str]


class Registry:
    def __init__(self, http: Http) -> None:
        self._http = http

    def register_model(self, name: str, description: Optional[str], tags: Optional[Sequence[str]]) -> Model:
        return Model.of(self._http.post("/api/v1/models", {"name": name, "description": description, "tags": list(tags or [])}))

    def ensure_model(self, name: str) -> None:
        try:
            self.model(name)
        except ResourceNotFoundError:
            try:
                self.register_model(name, None, None)
            except ConflictError:
                pass   # somebody else was quicker

    def model(self, name: str) -> Model:
        return Model.of(self._http.get(_model(name)))

    def models(self, q: Optional[str], stage: Optional[str], tags: Sequence[str]) -> Iterator[Model]:
        return (Model.of(m) for m in self._http.pages("/api/v1/models", {"q": q, "stage": stage, "tag": list(tags) or None}))

    def update_model(self, name: str, description: Optional[str], tags: Optional[Sequence[str]], if_match: Optional[str]) -> Model:
        return Model.of(self._patch(_model(name), {"description": description, "tags": None if tags is None else list(tags)}, if_match))

    def delete_model(self, name: str) -> None:
        self._http.call("DELETE", _model(name))

    def set_model_tag(self, name: str, key: str, value: str) -> Model:
        return Model.of(self._http.call("PUT", f"{_model(name)}/tags", {"key": key, "value": str(value)}))

    def delete_model_tag(self, name: str, key: str) -> Model:
        return Model.of(self._http.call("DELETE", f"{_model(name)}/tags?key={segment(key)}"))

    def upload_version(
        self, model: str, path: str, description: Optional[str], label: Optional[str], metadata: Optional[Mapping[str, str]], parent: Optional[str],
        progress: Optional[_files.Progress],
    ) -> ModelVersion:
        upload = _files.upload(self._http, path, progress)
        body = {"upload_id": upload, "description": description, "label": label, "metadata": dict(metadata) if metadata else None, "parent": parent}
        return ModelVersion.of(self._http.post(f"{_model(model)}/versions", body))

    def version_of_run(
        self, model: str, run: str, artifact_path: str, description: Optional[str], label: Optional[str], metadata: Optional[Mapping[str, str]], parent: Optional[str],
    ) -> ModelVersion:
        body = {
            "source_run_id": run, "artifact_path": artifact_path, "description": description, "label": label, "metadata": dict(metadata) if metadata else None,
            "parent": parent,
        }
        return ModelVersion.of(self._http.post(f"{_model(model)}/versions", body))

    def version(self, model: str, version: Version) -> ModelVersion:
        return ModelVersion.of(self._http.get(_files.version_path(model, version)))

    def versions(self, model: str, q: Optional[str], stage: Optional[str]) -> Iterator[ModelVersion]:
        return (ModelVersion.of(v) for v in self._http.pages(f"{_model(model)}/versions", {"q": q, "stage": stage}))

    def update_version(self, model: str, version: Version, description: Optional[str], label: Optional[str], parent: Optional[str], if_match: Optional[str]) -> ModelVersion:
        return ModelVersion.of(self._patch(_files.version_path(model, version), {"description": description, "label": label, "parent": parent}, if_match))

    def delete_version(self, model: str, version: Version) -> None:
        self._http.call("DELETE", _files.version_path(model, version))

    def deletion(self, model: str, version: Optional[Version]) -> Deletion:
        path = _model(model) if version is None else _files.version_path(model, version)
        return Deletion.of(self._http.get(f"{path}/deletion"))

    def transition(self, model: str, version: Version, stage: str, archive: Optional[bool], note: Optional[str]) -> ModelVersion:
        body = {"stage": stage, "archive_existing_versions": archive, "note": note}
        # Repeated, it finds the version in its stage and adds nothing: safe without an idempotency key.
        return ModelVersion.of(self._http.post(f"{_files.version_path(model, version)}/stage", body, create=False)["version"])

    def transitions(self, model: str, version: Optional[int]) -> Iterator[Transition]:
        return (Transition.of(t) for t in self._http.pages(f"{_model(model)}/transitions", {"version": version}))

    def stage_at(self, model: str, stage: str, at: Optional[datetime.datetime]) -> Tuple[StageHolder, ...]:
        if at is not None and at.tzinfo is None:
            raise ValueError("at must know its time zone, such as datetime.now(timezone.utc)")
        when = None if at is None else at.astimezone(datetime.timezone.utc).isoformat().replace("+00:00", "Z")
        return tuple(StageHolder.of(v) for v in self._http.get(f"{_model(model)}/stages/{segment(stage)}", {"at": when})["versions"])

    def set_version_tag(self, model: str, version: Version, key: str, value: str) -> ModelVersion:
        return ModelVersion.of(self._http.call("PUT", f"{_files.version_path(model, version)}/tags", {"key": key, "value": str(value)}))

    def delete_version_tag(self, model: str, version: Version, key: str) -> ModelVersion:
        return ModelVersion.of(self._http.call("DELETE", f"{_files.version_path(model, version)}/tags?key={segment(key)}"))

    def set_alias(self, model: str, alias: str, version: Version) -> Alias:
        return Alias.of(self._http.call("PUT", _alias(model, alias), {"version": str(version)}))

    def aliases(self, model: str) -> Iterator[Alias]:
        return (Alias.of(a) for a in self._http.pages(f"{_model(model)}/aliases"))

    def alias_moves(self, model: str, alias: Optional[str]) -> Iterator[AliasMove]:
        return (AliasMove.of(m) for m in self._http.pages(f"{_model(model)}/alias-moves", {"alias": alias}))

    def delete_alias(self, model: str, alias: str) -> None:
        self._http.call("DELETE", _alias(model, alias))

    def download(self, model: str, version: Version, destination: str, progress: Optional[_files.Progress]) -> str:
        found = self.version(model, version)
        base = _files.version_path(model, found.version)
        done = [0]

        def moved(count: int) -> None:
            done[0] += count
            if progress is not None:
                progress(done[0], found.size_bytes)

        os.makedirs(destination, exist_ok=True)
        for file in found.files:
            _files.download(self._http, _files.file_url(base, file.path), _files.target_of(destination, file.path), file.sha256, file.size_bytes, moved)
        return destination

    def _patch(self, path: str, body: Dict[str, Any], if_match: Optional[str]) -> Any:
        return self._http.call("PATCH", path, {k: v for k, v in body.items() if v is not None}, headers={"If-Match": if_match} if if_match else None)


def _model(name: str) -> str:
    return f"/api/v1/models/{segment(name)}"


def _alias(model: str, alias: str) -> str:
    return f"{_model(model)}/aliases/{segment(alias)}"
