"""What the client promises about experiments and runs, against a real server."""

import collections
import math
import os
import pickle
import tempfile
import threading
import unittest
import uuid
import zipfile

import server
import slipway


class Runs(unittest.TestCase):
    def setUp(self):
        started = server.shared()
        self.client = slipway.MLOpsClient(started.token, base_url=started.url)
        self.addCleanup(self.client.close)
        self.experiment = "e-" + uuid.uuid4().hex[:8]

    def status(self, run):
        found = self.client.get_run(run.id).run
        return found.status, found.status_reason

    def test_a_run_ends_as_its_block_does(self):
        with self.client.start_run(self.experiment) as run:
            self.assertEqual(32, len(run.id))
            self.assertEqual(("Running", None), self.status(run))
        self.assertEqual(("Completed", None), self.status(run))
        with self.assertRaises(ZeroDivisionError):
            with self.client.start_run(self.experiment) as run:
                run.log_metric("x", 1 / 0)
        self.assertEqual(("Failed", "ZeroDivisionError: division by zero"), self.status(run))
        with self.assertRaises(KeyboardInterrupt):
            with self.client.start_run(self.experiment) as run:
                raise KeyboardInterrupt
        self.assertEqual("Killed", self.status(run)[0])
        with self.assertRaises(SystemExit):
            with self.client.start_run(self.experiment) as run:
                raise SystemExit(0)
        self.assertEqual("Completed", self.status(run)[0])
        with self.client.start_run(self.experiment) as run:
            run.finish("Failed", "no data")
        self.assertEqual(("Failed", "no data"), self.status(run))

    def test_it_beats_until_it_ends_and_its_thread_ends_with_it(self):
        run = self.client.start_run(self.experiment, heartbeat_s=0.05)
        thread = run._thread
        for _ in range(200):
            if self.client._http.get(f"/api/v1/runs/{run.id}")["run"]["heartbeat_at"] is not None:
                break
            threading.Event().wait(0.05)
        else:
            self.fail("no heartbeat came")
        run.finish()
        thread.join(30)
        self.assertFalse(thread.is_alive())

    def test_any_number_of_metrics_and_parameters_goes_in_batches(self):
        with self.client.start_run(self.experiment) as run:
            run.log_metrics({f"m{i}": i for i in range(2500)})
            run.log_params({f"p{i}": i for i in range(250)})
        found = self.client.get_run(run.id).run
        self.assertEqual((2500, 250, 2499.0), (len(found.metrics), len(found.parameters), found.metrics["m2499"]))
        with self.client.start_run(self.experiment) as run:
            for step in range(3):
                run.log_metrics({"loss": [float("nan"), float("-inf"), 0.25][step]}, step=step)
        values = [point.value for point in self.client.get_metric_history(run.id, "loss")]
        self.assertTrue(math.isnan(values[0]))
        self.assertEqual([float("-inf"), 0.25], values[1:])

    def test_what_is_no_number_is_refused_before_it_is_sent(self):
        with self.client.start_run(self.experiment) as run:
            for value in (True, "0.5", None, [1]):
                with self.assertRaises(TypeError):
                    run.log_metric("x", value)

    def test_a_parameter_is_written_once(self):
        with self.client.start_run(self.experiment) as run:
            run.log_param("lr", 0.1)
            run.log_param("lr", 0.1)
            with self.assertRaises(slipway.ConflictError) as caught:
                run.log_param("lr", 0.2)
        self.assertEqual("parameter_already_logged", caught.exception.code)

    def test_files_come_back_as_they_went(self):
        with tempfile.TemporaryDirectory() as folder:
            os.makedirs(os.path.join(folder, "model", "sub"))
            for name, content in (("model/weights.bin", os.urandom(300_000)), ("model/sub/ä b.txt", b"text"), ("model/empty", b"")):
                with open(os.path.join(folder, name), "wb") as file:
                    file.write(content)
            seen = []
            with self.client.start_run(self.experiment) as run:
                stored = run.log_artifacts(os.path.join(folder, "model"), "out", progress=lambda done, total: seen.append((done, total)))
            self.assertEqual(("out/empty", "out/sub/ä b.txt", "out/weights.bin"), tuple(sorted(stored)))
            self.assertEqual((300_004, 300_004), seen[-1])
            self.client.download_run_artifacts(run.id, os.path.join(folder, "back"), "out")
            for name in ("weights.bin", "sub/ä b.txt", "empty"):
                with open(os.path.join(folder, "model", name), "rb") as sent, open(os.path.join(folder, "back", "out", name), "rb") as got:
                    self.assertEqual(sent.read(), got.read())

    def test_a_run_that_has_ended_is_resumed_logs_on_and_ends_otherwise(self):
        run = self.client.start_run(self.experiment, heartbeat_s=None)
        run.log_metric("loss", 0.5)
        run.finish("Failed", "the machine was needed")
        with self.assertRaises(slipway.ConflictError) as caught:
            run.finish("Completed")
        self.assertEqual("run_finished", caught.exception.code)
        with self.client.resume_run(run.id) as again:
            self.assertEqual((run.id, run.experiment_id), (again.id, again.experiment_id))
            self.assertEqual(("Running", None), self.status(run))
            again.log_metric("loss", 0.25, step=1)
        self.assertEqual(("Completed", None), self.status(run))
        self.assertEqual([0.5, 0.25], [point.value for point in self.client.get_metric_history(run.id, "loss")])
        self.client.delete_run(run.id)
        with self.assertRaises(slipway.ConflictError) as caught:
            self.client.resume_run(run.id)
        self.assertEqual("run_deleted", caught.exception.code)

    def test_a_bare_state_dict_of_a_run_is_registered_and_says_why_it_cannot_run(self):
        with tempfile.TemporaryDirectory() as folder, self.client.start_run(self.experiment, heartbeat_s=None) as run:
            path = os.path.join(folder, "model.pt")
            with zipfile.ZipFile(path, "w") as saved:   # as torch.save writes one
                saved.writestr("model/data.pkl", pickle.dumps(collections.OrderedDict(weight=[0.0])))
                saved.writestr("model/version", "3\n")
            run.log_artifact(path)
        made = self.client.create_model_version(self.experiment, run.id, "model.pt")
        self.assertEqual(("ready", False, ["model.pt"], run.id), (made.status, made.runnable, [file.path for file in made.files], made.source_run_id))
        self.assertIn("model.pt holds weights, such as a state_dict, and nothing says which code runs them. Add model/model.py", made.not_runnable_reason)
        with self.assertRaisesRegex(slipway.SlipwayError, "model.pt holds weights"):
            self.client.deploy_model(self.experiment, 1, self.experiment, environment="development", wait=False)

    def test_searching_pages_by_itself_and_points_at_what_is_wrong(self):
        for index in range(60):
            run = self.client.start_run(self.experiment, f"r{index}", heartbeat_s=None)
            run.log_metric("x", index)
            run.finish()
        found = self.client.search_runs(self.experiment, "metrics.x >= 5", order_by=["metrics.x ASC"])
        self.assertEqual([f"r{index}" for index in range(5, 60)], [run.name for run in found])
        with self.assertRaises(slipway.ValidationError) as caught:
            list(self.client.search_runs(self.experiment, "metrics.x > 'a'"))
        self.assertIn("character 13", caught.exception.field_errors["filter"][0])

    def test_the_first_run_of_a_training_job_is_the_one_that_was_opened_for_it(self):
        opened = self.client.start_run(self.experiment, heartbeat_s=None)
        os.environ["SLIPWAY_RUN_ID"] = opened.id
        try:
            with self.client.start_run(heartbeat_s=None) as run:
                self.assertEqual(opened.id, run.id)
            with self.client.start_run(self.experiment, heartbeat_s=None) as other:
                self.assertNotEqual(opened.id, other.id)
        finally:
            os.environ.pop("SLIPWAY_RUN_ID", None)

    def test_a_missing_experiment_is_made_only_when_that_is_wanted(self):
        with self.assertRaises(slipway.ResourceNotFoundError):
            self.client.start_run(self.experiment, create_missing=False)
        with self.client.start_run(self.experiment):
            pass
        self.assertEqual(1, self.client.get_experiment(self.experiment).run_count)


if __name__ == "__main__":
    unittest.main()
