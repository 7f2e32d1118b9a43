"""Schedules: training jobs that run by themselves."""

from __future__ import annotations

import datetime
import os
import time
import uuid
from dataclasses import dataclass
from typing import Any, Dict, Iterator, Mapping, Optional, Sequence, Tuple

from . import _files
from ._errors import SlipwayError
from ._http import Http, segment
from ._records import VersionFile, maybe_time_of, time_of


@dataclass(frozen=True)
class Execution:
    """The record of one due time, or of one "run now" (``due_at`` is None then).

    ``status`` is queued, preparing, running, stopping, succeeded, failed, cancelled, timed_out, skipped or missed; ``reason`` and ``detail`` say why.
    """

    schedule: str
    number: int
    trigger: str
    due_at: Optional[datetime.datetime]
    status: str
    reason: Optional[str]
    detail: Optional[str]
    created_at: datetime.datetime
    started_at: Optional[datetime.datetime]
    finished_at: Optional[datetime.datetime]
    duration_s: Optional[float]
    exit_code: Optional[int]
    cpu_s: Optional[float]
    peak_memory_bytes: Optional[int]
    run_id: Optional[str]
    experiment: str

    @property
    def is_over(self) -> bool:
        return self.finished_at is not None

    @staticmethod
    def of(data: Mapping[str, Any]) -> "Execution":
        return Execution(
            data["schedule"], data["number"], data["trigger"], maybe_time_of(data["due_at"]), data["status"], data["reason"], data["detail"], time_of(data["created_at"]),
            maybe_time_of(data["started_at"]), maybe_time_of(data["finished_at"]), data["duration_seconds"], data["exit_code"], data["cpu_seconds"], data["peak_memory_bytes"],
            data["run_id"], data["experiment"])


@dataclass(frozen=True)
class Schedule:
    """A training job that runs by itself. ``current`` is the execution that has not ended, ``last`` the last that has; None where there is none."""

    name: str
    description: Optional[str]
    owner: str
    status: str
    experiment: str
    cron: str
    time_zone: str
    next_run_at: Optional[datetime.datetime]
    command: Tuple[str, ...]
    parameters: Mapping[str, Any]
    variables: Mapping[str, str]
    timeout_s: float
    cpu_cores: float
    memory_mib: int
    grace_s: float
    current: Optional[Execution]
    last: Optional[Execution]
    etag: str
    files: Tuple[VersionFile, ...] = ()

    @staticmethod
    def of(data: Mapping[str, Any]) -> "Schedule":
        return Schedule(
            data["name"], data["description"], data["owner"], data["status"], data["experiment"], data["cron"], data["time_zone"], maybe_time_of(data["next_run_at"]),
            tuple(data["package"]["command"]), dict(data["parameters"]), dict(data["variables"]), data["timeout_seconds"], data["cpu_cores"], data["memory_mib"],
            data["grace_seconds"], None if data["current"] is None else Execution.of(data["current"]), None if data["last"] is None else Execution.of(data["last"]), data["etag"],
            tuple(VersionFile(f["path"], f["size_bytes"], f["sha256"]) for f in data["package"]["files"]))


class ScheduleMethods:
    """The part of MLOpsClient that speaks of schedules."""

    _http: Http

    def create_schedule(
        self, name: str, path: str, *, experiment: str, cron: str, time_zone: str = "UTC", description: Optional[str] = None, base_image: Optional[str] = None,
        parameters: Optional[Mapping[str, Any]] = None, variables: Optional[Mapping[str, str]] = None, timeout_s: Optional[float] = None, cpu_cores: Optional[float] = None,
        memory_mib: Optional[int] = None, grace_s: Optional[float] = None, paused: bool = False,
    ) -> Schedule:
        """Schedules a training job.

        Args:
            path: package folder with ``job.command`` in its config.yaml, or with a train.py; or one such file.
            experiment: of its runs; made when it is missing.
            cron: five fields: minute, hour, day of month, month, day of week.
            parameters: given to the command as JSON, in the file that SLIPWAY_PARAMETERS_FILE names.
            variables: plain environment variables.
            timeout_s: the command is ended after it, in seconds.
            grace_s: how late it may begin when no server ran at its time, in seconds.

        Raises:
            ValidationError: with what is wrong at each field.
            ConflictError: ``schedule_already_exists``.

        Example:
            >>> client.create_schedule("nightly", job, experiment="night", cron="30 2 * * *", time_zone="Europe/Berlin", base_image="python-system").status
            'active'
        """
        body = {
            "name": name, "experiment": experiment, "cron": cron, "upload_id": _files.upload(self._http, path, None), "time_zone": time_zone, "description": description,
            "base_image": base_image, "parameters": parameters, "variables": variables, "timeout_seconds": timeout_s, "cpu_cores": cpu_cores, "memory_mib": memory_mib,
            "grace_seconds": grace_s, "paused": paused,
        }
        return Schedule.of(self._http.post("/api/v1/schedules", body))

    def get_schedule(self, name: str) -> Schedule:
        """One schedule.

        Raises:
            ResourceNotFoundError: ``schedule_not_found``.

        Example:
            >>> client.get_schedule("hourly").cron
            '0 * * * *'
        """
        return Schedule.of(self._http.get(_path(name)))

    def read_schedule_file(self, name: str, path: str) -> bytes:
        """One file of the package that a schedule runs now, whole.

        Raises:
            ResourceNotFoundError: ``schedule_not_found``, ``file_not_found``.

        Example:
            >>> "print" in client.read_schedule_file("hourly", client.get_schedule("hourly").files[0].path).decode()
            True
        """
        return self._http.send("GET", _files.file_url(_path(name), path), headers={"Accept": "*/*"}).read()

    def download_schedule(self, name: str, destination: str) -> str:
        """Writes the files of the package that a schedule runs now below a folder, each checked against its digest before it gets its name.

        Returns:
            The destination.

        Example:
            >>> import os
            >>> len(os.listdir(client.download_schedule("hourly", folder + "/hourly-now"))) > 0
            True
        """
        os.makedirs(destination, exist_ok=True)
        for file in self.get_schedule(name).files:
            _files.download(self._http, _files.file_url(_path(name), file.path), _files.target_of(destination, file.path), file.sha256, file.size_bytes, lambda count: None)
        return destination

    def list_schedules(self, search: Optional[str] = None, *, status: Optional[str] = None) -> Iterator[Schedule]:
        """Schedules in the order of their names.

        Args:
            search: part of a name or experiment.
            status: active, paused or deleting.

        Example:
            >>> [schedule.name for schedule in client.list_schedules("hour")]
            ['hourly']
        """
        return (Schedule.of(s) for s in self._http.pages("/api/v1/schedules", {"q": search, "status": status}))

    def update_schedule(
        self, name: str, *, path: Optional[str] = None, experiment: Optional[str] = None, cron: Optional[str] = None, time_zone: Optional[str] = None,
        description: Optional[str] = None, base_image: Optional[str] = None, parameters: Optional[Mapping[str, Any]] = None, variables: Optional[Mapping[str, str]] = None,
        timeout_s: Optional[float] = None, cpu_cores: Optional[float] = None, memory_mib: Optional[int] = None, grace_s: Optional[float] = None, if_match: Optional[str] = None,
    ) -> Schedule:
        """Changes a schedule; what is None stays. Its next run is computed anew, what is running goes on as it began.

        Args:
            path: another package.
            base_image: of that package; without one, of the present package, whose requirements are then resolved anew.
            if_match: the ``etag`` that was read; the change is refused with ConflictError when somebody was quicker.

        Example:
            >>> client.update_schedule("hourly", cron="15 * * * *").cron
            '15 * * * *'
        """
        body: Dict[str, Any] = {
            "experiment": experiment, "cron": cron, "time_zone": time_zone, "description": description, "base_image": base_image, "parameters": parameters,
            "variables": variables, "timeout_seconds": timeout_s, "cpu_cores": cpu_cores, "memory_mib": memory_mib, "grace_seconds": grace_s,
        }
        body = {key: value for key, value in body.items() if value is not None}
        if path is not None:
            body["upload_id"] = _files.upload(self._http, path, None)
        return Schedule.of(self._http.call("PATCH", _path(name), body, headers=None if if_match is None else {"If-Match": if_match}))

    def pause_schedule(self, name: str) -> Schedule:
        """From now on its due times are recorded as missed; what is running goes on.

        Example:
            >>> client.pause_schedule("hourly").status
            'paused'
        """
        return Schedule.of(self._http.call("POST", f"{_path(name)}/pause", repeatable=True))

    def resume_schedule(self, name: str) -> Schedule:
        """Lets it run again from now on; nothing is made up for.

        Example:
            >>> client.resume_schedule("hourly").status
            'active'
        """
        return Schedule.of(self._http.call("POST", f"{_path(name)}/resume", repeatable=True))

    def delete_schedule(self, name: str) -> None:
        """Deletes a schedule with its history; a job of it that runs is cancelled first. Runs and versions that it made stay.

        Example:
            >>> client.delete_schedule("hourly")
        """
        self._http.call("DELETE", _path(name))

    def preview_cron(self, cron: str, time_zone: str = "UTC", *, count: int = 5) -> Sequence[datetime.datetime]:
        """The next times of a cron expression, with the offset that the zone has then.

        Raises:
            ValidationError: naming the field that is wrong.

        Example:
            >>> [time.hour for time in client.preview_cron("0 3 * * *", "Asia/Tokyo", count=2)]
            [3, 3]
        """
        answer = self._http.get("/api/v1/schedules/preview", {"cron": cron, "time_zone": time_zone, "count": count})
        return [time_of(text) for text in answer["times"]]

    def run_schedule(self, name: str) -> Execution:
        """Runs it now, whatever its next time is.

        Raises:
            ConflictError: ``execution_running``.

        Example:
            >>> execution = client.run_schedule("hourly")
            >>> client.wait_for_execution(execution).status
            'succeeded'
        """
        return Execution.of(self._http.call("POST", f"{_path(name)}/executions", headers=_once(), repeatable=True))

    def list_executions(self, name: str, *, status: Sequence[str] = ()) -> Iterator[Execution]:
        """The history of a schedule, newest first: one record for each due time.

        Example:
            >>> [execution.status for execution in client.list_executions("hourly", status=["failed"])]
            []
        """
        return (Execution.of(e) for e in self._http.pages(f"{_path(name)}/executions", {"status": list(status) or None}))

    def get_execution(self, name: str, number: int) -> Execution:
        """One execution.

        Raises:
            ResourceNotFoundError: ``execution_not_found``.

        Example:
            >>> client.get_execution("hourly", client.run_schedule("hourly").number).trigger
            'manual'
        """
        return Execution.of(self._http.get(f"{_path(name)}/executions/{int(number)}"))

    def wait_for_execution(self, execution: Execution, *, timeout_s: float = 3600.0) -> Execution:
        """Waits until it is over, however it ends.

        Raises:
            SlipwayError: ``execution_timeout`` after ``timeout_s`` seconds; it goes on.

        Example:
            >>> client.wait_for_execution(client.run_schedule("hourly")).exit_code
            0
        """
        deadline = time.monotonic() + timeout_s
        while True:
            found = self.get_execution(execution.schedule, execution.number)
            if found.is_over:
                return found
            if time.monotonic() > deadline:
                raise SlipwayError(f"Execution {found.number} of {found.schedule} is still {found.status} after {timeout_s} s.", code="execution_timeout")
            time.sleep(0.3)

    def get_execution_log(self, name: str, number: int) -> str:
        """What an execution has printed so far, each line with its time.

        Example:
            >>> execution = client.wait_for_execution(client.run_schedule("hourly"))
            >>> "hello" in client.get_execution_log("hourly", execution.number)
            True
        """
        answer = self._http.send("GET", f"{_path(name)}/executions/{int(number)}/log")
        return answer.read().decode("utf-8", "replace")

    def cancel_execution(self, name: str, number: int) -> Execution:
        """Asks for its end: SIGTERM, and after a while SIGKILL to all that it has started.

        Raises:
            ConflictError: ``execution_ended``.

        Example:
            >>> execution = client.run_schedule("hourly")
            >>> client.cancel_execution("hourly", execution.number).number == execution.number
            True
        """
        return Execution.of(self._http.call("POST", f"{_path(name)}/executions/{int(number)}/cancel"))


def _path(name: str) -> str:
    return f"/api/v1/schedules/{segment(name)}"


def _once() -> Mapping[str, str]:
    return {"Idempotency-Key": uuid.uuid4().hex}
