"""A live deployment from deploy to promotion, on a real replica."""

import tempfile
import pathlib
import unittest

import server
import slipway

CODE = '''class Model:
    def load(self):
        pass

    def predict(self, request):
        return request + {}
'''


class Drafts(unittest.TestCase):
    def test_a_live_deployment_is_patched_frozen_and_promoted(self):
        started = server.shared()
        client = slipway.MLOpsClient(started.token, base_url=started.url)
        self.addCleanup(client.close)
        with tempfile.TemporaryDirectory() as folder:
            (pathlib.Path(folder) / "model").mkdir()
            (pathlib.Path(folder) / "model" / "model.py").write_text(CODE.format(1), encoding="utf-8")
            version = client.create_model_version("adder", path=folder)
        made = client.deploy_model("adder", version.version, "adder", mode="live", base_image="python-system", timeout_s=120)
        self.assertEqual(("development", "live"), (made.environment, made.mode))

        first = client.watch_draft("development", "adder")
        self.assertEqual((True, ["model/model.py"]), (first.is_frozen, [f.path for f in first.files]))
        patched = client.patch_draft("development", "adder", {"model/model.py": CODE.format(10), "data/word": b"\x00"}, base_hash=first.hash)
        self.assertEqual(("applied", False), (patched.outcome, patched.is_frozen))
        self.assertEqual(CODE.format(10).encode(), client.read_draft_file("development", "adder", "model/model.py"))
        with self.assertRaises(slipway.StaleDraftError):
            client.patch_draft("development", "adder", remove=["data/word"], base_hash=first.hash)
        with self.assertRaises(slipway.FullPushRequiredError):
            client.patch_draft("development", "adder", {"config.yaml": "python_version: py312\n"})

        broken = client.patch_draft("development", "adder", {"model/model.py": "def"})
        self.assertEqual(("failed", "import_failed", patched.name), (broken.outcome, broken.error.code, broken.name))
        with self.assertRaises(slipway.DraftBrokenError):
            client.freeze_draft("development", "adder")
        client.patch_draft("development", "adder", {"model/model.py": CODE.format(20)}, remove=["data/word"])
        frozen = client.freeze_draft("development", "adder", label="twenty")
        self.assertEqual(2, frozen.to_revision)
        self.assertEqual(2, client.get_model_version("adder", "twenty").version)

        client.wait_for_rollout(frozen.id, timeout_s=120)
        promoted = client.promote("development", "adder")
        self.assertEqual(("staging", "adder"), (promoted.environment, promoted.name))


if __name__ == "__main__":
    unittest.main()
