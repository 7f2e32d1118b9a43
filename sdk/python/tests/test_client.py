"""What the client promises about errors, repetitions and files, against a real server or a small one that misbehaves on purpose."""

import ast
import datetime
import hashlib
import http.server
import json
import os
import pathlib
import shutil
import tempfile
import threading
import unittest
import uuid

import server
import slipway

PACKAGE = pathlib.Path(slipway.__file__).parent


class WithServer(unittest.TestCase):
    def setUp(self):
        started = server.shared()
        self.client = slipway.MLOpsClient(started.token, base_url=started.url)
        self.addCleanup(self.client.close)
        self.model = "m-" + uuid.uuid4().hex[:8]
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def version(self, **files):
        root = os.path.join(self.folder.name, uuid.uuid4().hex)
        for name, content in (files or {"weights.bin": b"w"}).items():
            path = os.path.join(root, *name.split("/"))
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as file:
                file.write(content)
        return self.client.create_model_version(self.model, path=root)


class RegistryStory(WithServer):
    def test_a_bound_that_is_passed_is_told_with_its_figures(self):
        user = "u-" + self.model
        self.client._http.post("/api/v1/users", {"name": user, "role": "viewer"})
        with self.assertRaises(slipway.QuotaExceededError) as caught:
            for _ in range(6):
                self.client._http.post("/api/v1/keys", {"name": "k", "user": user}, create=False)
        self.assertEqual((5, 5, "too_many_keys", 409), (caught.exception.limit, caught.exception.current, caught.exception.code, caught.exception.status))

    def test_a_version_goes_through_its_stages_and_the_past_stays_known(self):
        first, second = self.version(a=b"1"), self.version(a=b"2")
        self.client.transition_model_version_stage(self.model, first.version, "Production", note="first")
        between = datetime.datetime.now(datetime.timezone.utc)
        self.client.transition_model_version_stage(self.model, second.version, "Production")
        self.assertEqual([1], [h.version for h in self.client.get_versions_in_stage(self.model, "production", at=between)])
        self.assertEqual([2], [h.version for h in self.client.get_versions_in_stage(self.model, "production")])
        self.assertEqual("Archived", self.client.get_model_version(self.model, 1).stage)

    def test_a_protected_stage_asks_a_reviewer_and_the_change_happens_by_itself(self):
        self.version()
        reviewer = "rev-" + self.model
        self.client._http.post("/api/v1/users", {"name": reviewer, "role": "viewer"})
        key = self.client._http.post("/api/v1/keys", {"name": "review", "user": reviewer}, create=False)["key"]
        self.client._http.call("PUT", f"/api/v1/models/{self.model}/protection/Production", {"reviewers": [reviewer]})
        with self.assertRaises(slipway.ApprovalRequiredError) as caught:
            self.client.transition_model_version_stage(self.model, 1, "Production", note="good")
        asked = caught.exception.approval
        self.assertEqual(("pending", "good", (reviewer,), 202), (asked.state, asked.comment, asked.reviewers, caught.exception.status))
        self.assertEqual(asked.id, self.client.request_model_version_stage(self.model, 1, "Production", comment="good").id)
        with self.assertRaises(slipway.PermissionDeniedError):
            self.client.approve(asked.id)
        other = slipway.MLOpsClient(key, base_url=server.shared().url)
        self.addCleanup(other.close)
        self.assertEqual([asked.id], [a.id for a in other.approvals(mine="to_decide")])
        self.assertTrue(other.comment_on_approval(asked.id, "which data?").can_decide)
        self.assertIsNotNone(other.approve(asked.id, "fine").applied_at)
        self.assertEqual("Production", self.client.get_model_version(self.model, 1).stage)
        entry = next(self.client.list_transitions(self.model))
        self.assertEqual((asked.id, reviewer), (entry.approval_id, entry.approved_by))
        with self.assertRaises(slipway.ConflictError):
            other.reject(asked.id, "too late")
        withdrawn = self.client.request_model_version_stage(self.model, 1, "Archived")
        self.assertEqual("cancelled", self.client.cancel_approval(withdrawn.id).state)

    def test_what_an_environment_wants_approved_is_asked_for(self):
        self.version(**{"predict.py": b"def predict(x):\n    return x\n"})
        reviewer, environment = "rev-" + self.model, "e-" + self.model
        self.client._http.post("/api/v1/users", {"name": reviewer, "role": "viewer"})
        self.client.create_environment(environment, protected=True, approval=True, reviewers=[reviewer])
        with self.assertRaises(slipway.ApprovalRequiredError) as caught:
            self.client.deploy_model(self.model, 1, self.model, environment=environment)
        asked = caught.exception.approval
        self.assertEqual(("deployment", f"deployments/{environment}/{self.model}", None, (reviewer,)), (asked.kind, asked.resource, asked.from_, asked.reviewers))
        with self.assertRaises(slipway.ResourceNotFoundError):
            self.client.rollback(environment, self.model)
        self.assertEqual("cancelled", self.client.cancel_approval(asked.id).state)
        self.client.delete_environment(environment)

    def test_straight_to_production_is_for_administrators(self):
        self.version(**{"predict.py": b"def predict(x):\n    return x\n"})
        self.client.transition_model_version_stage(self.model, 1, "Production")
        user = "ana-" + self.model
        self.client._http.post("/api/v1/users", {"name": user, "role": "analyst"})
        key = self.client._http.post("/api/v1/keys", {"name": "deploys", "user": user}, create=False)["key"]
        analyst = slipway.MLOpsClient(key, base_url=server.shared().url)
        self.addCleanup(analyst.close)
        with self.assertRaisesRegex(slipway.PermissionDeniedError, "lacks the right 'deploy_to_production'") as caught:
            analyst.deploy_model(self.model, 1, self.model)   # in Production, so it goes there unless told otherwise
        self.assertEqual(403, caught.exception.status)
        with self.assertRaises(slipway.ResourceNotFoundError):
            self.client.get_deployment("production", self.model)

    @unittest.skipIf(shutil.which("nvidia-smi"), "this machine may have the GPU")
    def test_a_gpu_that_the_machine_has_not_is_warned_of(self):
        self.version(**{"predict.py": b"def predict(x):\n    return x\n"})
        with self.assertWarnsRegex(UserWarning, "1 T4 here: this machine has"):
            made = self.client.deploy_model(self.model, 1, self.model, gpu_type="T4", environment="development", wait=False)
        self.assertEqual(self.model, made.name)
        with self.assertRaises(slipway.ValidationError):
            self.client.deploy_model(self.model, 1, self.model + "-2", gpu_type="no such", environment="development", wait=False)

    def test_a_deployment_is_told_which_alias_to_go_with(self):
        self.version(**{"predict.py": b"def predict(x):\n    return x\n"})
        self.client.set_model_alias(self.model, "champion", 1)
        self.client.deploy_model(self.model, 1, self.model, environment="development", wait=False)
        set_to = self.client.follow_deployment("development", self.model, f"{self.model}@champion", on_move="supersede")
        self.assertEqual((f"{self.model}@champion", True, "supersede", 1), (set_to.reference, set_to.follow, set_to.on_move, set_to.version))
        with self.assertRaises(slipway.ConflictError) as caught:
            self.client.delete_model_alias(self.model, "champion")
        self.assertEqual("alias_followed", caught.exception.code)
        with self.assertRaises(slipway.ValidationError):
            self.client.follow_deployment("development", self.model, f"{self.model}@nobody")
        self.client.unfollow_deployment("development", self.model)
        self.assertIsNone(self.client.get_following("development", self.model))
        self.client._http.call("DELETE", f"/api/v1/deployments/development/{self.model}")

    def test_the_model_is_registered_only_when_that_is_wanted(self):
        with self.assertRaises(slipway.ResourceNotFoundError) as caught:
            self.client.create_model_version(self.model, path=__file__, create_missing=False)
        self.assertEqual(("model_not_found", 404), (caught.exception.code, caught.exception.status))
        self.assertEqual(1, self.client.create_model_version(self.model, path=__file__).version)

    def test_errors_carry_what_is_needed_to_act_on_them(self):
        self.version()
        self.client.transition_model_version_stage(self.model, 1, "Production")
        with self.assertRaises(slipway.ConflictError) as caught:
            self.client.delete_model_version(self.model, 1)
        self.assertEqual("version_in_production", caught.exception.code)
        self.assertTrue(caught.exception.request_id)
        with self.assertRaises(slipway.ValidationError) as caught:
            self.client.transition_model_version_stage(self.model, 1, "Retired")
        self.assertIn("stage", caught.exception.field_errors)
        with slipway.MLOpsClient("slw_nobody", base_url=server.shared().url) as nobody, self.assertRaises(slipway.AuthenticationError):
            nobody.get_model(self.model)

    def test_an_edit_with_a_stale_etag_is_refused(self):
        read = self.version()
        self.client.set_model_version_tag(self.model, 1, "k", "v")
        with self.assertRaises(slipway.ConflictError) as caught:
            self.client.update_model_version(self.model, 1, description="mine", if_match=read.etag)
        self.assertEqual(412, caught.exception.status_code)


class Downloads(WithServer):
    def test_a_download_is_the_tree_that_was_uploaded_and_tells_its_progress(self):
        content = {"code/train.py": b"x = 1\n", "data/big.bin": os.urandom(3_000_000), "data/empty": b""}
        self.version(**content)
        told = []
        target = os.path.join(self.folder.name, "out")
        self.client.download_model_version(self.model, 1, target, progress=lambda done, total: told.append((done, total)))
        found = {p.relative_to(target).as_posix(): p.read_bytes() for p in pathlib.Path(target).rglob("*") if p.is_file()}
        self.assertEqual(content, found)
        size = sum(map(len, content.values()))
        self.assertEqual((size, size), told[-1])

    def test_content_that_was_changed_on_its_way_gets_no_name(self):
        with Misbehaving() as proxy:
            proxy.files["a.bin"] = (b"what was sent", hashlib.sha256(b"what is registered").hexdigest())
            target = os.path.join(self.folder.name, "out")
            with self.assertRaises(slipway.IntegrityError):
                proxy.client().download_model_version("m", 1, target)
            self.assertEqual([], os.listdir(target))

    def test_a_connection_that_breaks_is_taken_up_where_it_broke(self):
        content = os.urandom(300_000)
        with Misbehaving() as proxy:
            proxy.files["a.bin"] = (content, hashlib.sha256(content).hexdigest())
            proxy.break_after = 100_000
            proxy.client().download_model_version("m", 1, self.folder.name)
            self.assertEqual(content, pathlib.Path(self.folder.name, "a.bin").read_bytes())
            self.assertEqual(["bytes=100000-", "bytes=200000-"], proxy.ranges)

    def test_a_download_that_was_given_up_goes_on_in_the_next_call(self):
        content = os.urandom(300_000)
        target = pathlib.Path(self.folder.name, "a.bin")

        def give_up(done, total):
            if done >= 100_000:
                raise KeyboardInterrupt

        with Misbehaving() as proxy:
            proxy.files["a.bin"] = (content, hashlib.sha256(content).hexdigest())
            proxy.break_after = 100_000
            with self.assertRaises(KeyboardInterrupt):
                proxy.client().download_model_version("m", 1, self.folder.name, progress=give_up)
            self.assertFalse(target.exists())
            proxy.break_after, told = None, []
            proxy.client().download_model_version("m", 1, self.folder.name, progress=lambda done, total: told.append(done))
            self.assertEqual(content, target.read_bytes())
            self.assertEqual((100_000, 300_000), (told[0], told[-1]))
            self.assertEqual((["a.bin"], ["bytes=100000-"]), (os.listdir(self.folder.name), proxy.ranges))

            # A third call finds it there and asks for nothing.
            proxy.ranges.clear()
            proxy.asked.clear()
            proxy.client().download_model_version("m", 1, self.folder.name)
            self.assertEqual([], proxy.asked)

    def test_a_name_outside_of_the_folder_is_refused(self):
        with Misbehaving() as proxy:
            proxy.files["../evil"] = (b"x", hashlib.sha256(b"x").hexdigest())
            with self.assertRaises(slipway.IntegrityError):
                proxy.client().download_model_version("m", 1, os.path.join(self.folder.name, "out"))
        self.assertFalse(os.path.exists(os.path.join(self.folder.name, "evil")))


class Repetitions(unittest.TestCase):
    def test_a_creating_call_is_repeated_under_one_idempotency_key(self):
        with Misbehaving() as proxy:
            proxy.refuse = [503, 429]
            self.assertEqual("m", proxy.client().register_model("m").name)
            self.assertEqual(3, len(proxy.keys))
            self.assertEqual(1, len(set(proxy.keys)))

    def test_a_try_that_still_runs_is_waited_for(self):
        with Misbehaving() as proxy:
            proxy.refuse = [503, (409, "idempotency_in_progress")]
            self.assertEqual("m", proxy.client().register_model("m").name)
            self.assertEqual(3, len(proxy.keys))
            self.assertEqual(1, len(set(proxy.keys)))

    def test_a_decision_or_comment_whose_answer_was_lost_is_repeated_under_one_idempotency_key(self):
        with Misbehaving() as proxy:
            client = proxy.client()
            for act, lost in (
                (lambda: client.approve("a", "fine").state, [LOST, (409, "idempotency_in_progress")]),   # the first one has not ended when the second comes
                (lambda: client.reject("a", "too slow").state, [LOST]),
                (lambda: client.cancel_approval("a").state, [LOST]),
                (lambda: client.comment_on_approval("a", "why?").state, [LOST]),
            ):
                proxy.keys.clear()
                proxy.answer, proxy.refuse = {**APPROVAL, "approval": APPROVAL}, list(lost)
                self.assertEqual("approved", act())
                self.assertEqual(len(lost) + 1, len(proxy.keys))
                self.assertEqual(1, len(set(proxy.keys)))
                self.assertTrue(proxy.keys[0])

    def test_a_refusal_that_time_does_not_heal_is_not_repeated(self):
        with Misbehaving() as proxy:
            proxy.refuse = [409]
            with self.assertRaises(slipway.ConflictError):
                proxy.client().register_model("m")
            self.assertEqual(1, len(proxy.keys))

    def test_an_edit_is_not_repeated(self):
        with Misbehaving() as proxy:
            proxy.refuse = [503]
            with self.assertRaises(slipway.ServerError):
                proxy.client().update_model("m", description="x")

    def test_nobody_there_is_a_network_error(self):
        with self.assertRaises(slipway.NetworkError):
            slipway.MLOpsClient("k", base_url="http://127.0.0.1:9", retries=0).get_model("m")


class Source(unittest.TestCase):
    def test_it_parses_as_Python_3_9_and_imports_the_standard_library_only(self):
        import sys

        for file in PACKAGE.glob("*.py"):
            for minor in range(9, 14):
                tree = ast.parse(file.read_text(encoding="utf-8"), str(file), feature_version=(3, minor))
            for node in ast.walk(tree):
                names = [a.name for a in node.names] if isinstance(node, ast.Import) else [node.module] if isinstance(node, ast.ImportFrom) and node.level == 0 else []
                for name in names:
                    self.assertIn(name.split(".")[0], sys.stdlib_module_names | {"__future__"} if hasattr(sys, "stdlib_module_names") else {name.split(".")[0]}, file.name)

    def test_it_says_that_it_is_typed(self):
        self.assertTrue((PACKAGE / "py.typed").is_file())


class Misbehaving:
    """A small server that refuses, breaks off and lies as it is told."""

    def __init__(self):
        self.files, self.refuse, self.keys, self.ranges, self.asked, self.clients, self.break_after = {}, [], [], [], [], [], None
        self.answer = MODEL   # of what it does not refuse

    def client(self):
        self.clients.append(slipway.MLOpsClient("k", base_url=f"http://127.0.0.1:{self.server.server_port}"))
        return self.clients[-1]

    def __enter__(self):
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def json(self, status, body):
                data = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def write(self):
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                outer.keys.append(self.headers.get("Idempotency-Key"))
                refusal = outer.refuse.pop(0) if outer.refuse else None
                if refusal is LOST:
                    self.close_connection = True   # without a word
                elif refusal is not None:
                    status, code = refusal if isinstance(refusal, tuple) else (refusal, "no")
                    self.json(status, {"detail": "no", "code": code, "status": status})
                else:
                    self.json(201, outer.answer)

            do_POST = do_PATCH = write

            def do_GET(self):
                if "/files/" not in self.path:
                    self.json(200, {**VERSION, "files": [{"path": p, "size_bytes": len(c), "sha256": s} for p, (c, s) in outer.files.items()]})
                    return
                outer.asked.append(self.path)
                content = next(iter(outer.files.values()))[0]
                asked = self.headers.get("Range")
                start = int(asked[6:-1]) if asked else 0
                if asked:
                    outer.ranges.append(asked)
                self.send_response(206 if asked else 200)
                self.send_header("Content-Length", str(len(content) - start))
                self.end_headers()
                self.wfile.write(content[start:][: outer.break_after])
                if outer.break_after:
                    self.close_connection = True

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        for client in self.clients:
            client.close()
        self.server.shutdown()
        self.server.server_close()


LOST = object()   # in place of a status: the request came, and its answer does not
NOW = "2026-11-22T11:00:00.1234567Z"
MODEL = {
    "name": "m", "description": None, "tags": [], "tag_values": {}, "owner": "ada", "latest_version": None, "production_version": None, "created_at": NOW,
    "updated_at": NOW, "etag": "\"1\"",
}
VERSION = {
    "model": "m", "version": 1, "label": None, "status": "ready", "stage": "None", "description": None, "runnable": False, "not_runnable_reason": "x", "size_bytes": 1,
    "digest": "d", "metadata": {}, "tags": {}, "aliases": [], "source": None, "created_by": "ada", "created_at": NOW, "updated_at": NOW, "etag": "\"1\"", "files": [],
}
APPROVAL = {
    "id": "a", "kind": "stage", "subject": "m v1", "resource": "models/m/versions/1", "action": "Moves m v1 to Production.", "from": "None", "to": "Production", "requester": "ada",
    "comment": None, "requested_at": NOW, "reviewers": ["rev"], "state": "approved", "decided_by": "rev", "decided_at": NOW, "decision_comment": None, "closed_reason": None,
    "applied_at": NOW, "waiting_because": None, "can_decide": False, "can_cancel": False, "notes": [],
}

if __name__ == "__main__":
    unittest.main()
