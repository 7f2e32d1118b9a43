"""A folder from its first push to its end, and the Python of the pages on rollouts and environments, as it is printed there."""

import contextlib
import io
import os
import re
import tempfile
import unittest

import server
import slipway
from test_story import environment


class Lifecycle(unittest.TestCase):
    def setUp(self):
        started = server.shared()
        self.client = slipway.MLOpsClient(started.token, base_url=started.url)
        self.addCleanup(self.client.close)
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.write("config.yaml", "model_name: iris  # of model and deployment\n")

    def test_a_folder_is_pushed_updated_taken_back_stopped_started_and_deleted(self):
        client, here = self.client, ("development", "iris")
        with environment(SLIPWAY_BASE_IMAGE="python-system"):
            self.predicting(1)
            first = client.push(self.folder, labels={"commit": "1f3a"})
            self.assertEqual(("iris", "development", "ACTIVE", 1, "iris", 1), (first.name, first.environment, first.status, first.live_revision, first.model, first.model_version))
            self.assertEqual([first], list(client.list_deployments(label="commit:1f3a")))
            with self.assertRaises(slipway.SlipwayError) as caught:
                client.retry_deployment(*here)
            self.assertEqual("nothing_to_retry", caught.exception.code)

            self.predicting(2)
            client.create_model_version("iris", path=self.folder)
            said = self.run_page("rollouts.md")
            self.assertEqual("SUCCEEDED", said["out"].strip())
            self.assertEqual("SUCCEEDED", client.wait_for_rollout(said["back"].id, timeout_s=120).status)
            self.assertEqual(1, client.get_deployment(*here).live_revision)

            self.write("model/model.py", "class Model:\n    def load(self):\n        raise ValueError('out of paper')\n\n    def predict(self, inputs):\n        return 3\n")
            with self.assertRaises(slipway.SlipwayError) as caught:
                client.push(self.folder, labels={"commit": "2b00"})
            self.assertEqual("deploy_failed", caught.exception.code)
            self.assertIn("out of paper", str(caught.exception))
            self.assertEqual((1, "update_failed"), (client.get_deployment(*here).live_revision, client.get_deployment(*here).status_reason))
            client.retry_deployment(*here)
            again = next(client.list_rollouts(deployment="iris"))
            self.assertEqual(("FAILED", "load_failed"), (client.wait_for_rollout(again.id, timeout_s=120).status, client.get_rollout(again.id).error_code))

            renamed = client.update_revision(*here, 3, revision_name="broken")
            self.assertEqual((renamed, "2b00", "failed"), (client.get_revision(*here, 3), renamed.labels["commit"], renamed.status))
            edited = client.edit_deployment(*here, title="Flowers", timeout_s=5, if_match=client.get_deployment(*here).etag)
            with self.assertRaises(slipway.ConflictError):
                client.edit_deployment(*here, title="Trees", if_match=first.etag)
            self.assertEqual("Flowers", edited.title)
            self.assertEqual("blue_green", client.edit_deployment(*here, strategy="blue_green").strategy)
            self.assertIsNone(client.edit_deployment(*here, strategy="").strategy)
            client.restart_deployment(*here)

            self.addCleanup(client.update_environment, "production", promotion={"strategy": "rolling", "window_seconds": 600, "gate": {}})
            self.addCleanup(client.delete_environment, "qa")
            self.run_page("environments.md")
            self.assertEqual([("rejected", "worse on Tuesdays"), ("promoted", "better on Mondays")], [(p.kind, p.comment) for p in client.list_promotions(*here)])

            self.assertIn(client.stop_deployment(*here).status, ("DEACTIVATING", "STOPPED"))
            with self.assertRaises(slipway.ConflictError) as caught:
                client.promote(*here)
            self.assertEqual("deployment_stopped", caught.exception.code)
            client.start_deployment(*here)
            for where in ("development", "staging"):
                client.delete_deployment(where, "iris")
            self.assertEqual([], list(client.list_deployments("iris")))

    def write(self, name, text):
        path = os.path.join(self.folder, *name.split("/"))
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)

    def predicting(self, answer):
        self.write("model/model.py", f"class Model:\n    def load(self):\n        pass\n\n    def predict(self, inputs):\n        return {answer}\n")

    def run_page(self, page):
        """Runs the Python of a page; its variables, and what it printed as ``out``."""
        text = (server.ROOT / "docs" / page).read_text(encoding="utf-8")
        (code,) = re.findall(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
        names, said = {"client": self.client}, io.StringIO()
        with contextlib.redirect_stdout(said):
            exec(compile(code, page, "exec"), names)
        return {**names, "out": said.getvalue()}


if __name__ == "__main__":
    unittest.main()
