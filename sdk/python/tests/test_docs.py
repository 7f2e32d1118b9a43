"""Every example of the docstrings, run as written."""

import doctest
import os
import tempfile
import unittest

import server
import slipway


class ExamplesRun(unittest.TestCase):
    def test_no_method_hides_another_one_of_its_name(self):
        parts = [part for part in slipway.MLOpsClient.__mro__ if part.__module__.startswith("slipway.")]
        names = [name for part in parts for name, value in vars(part).items() if callable(value) and not name.startswith("__")]
        self.assertEqual([], sorted({name for name in names if names.count(name) > 1}))

    def test_every_example_does_what_it_says(self):
        started = server.shared()
        flags = doctest.ELLIPSIS | doctest.IGNORE_EXCEPTION_DETAIL
        finder = doctest.DocTestFinder()
        parts = [part for part in (*slipway.MLOpsClient.__mro__, slipway.Run) if part.__module__.startswith("slipway.")]
        examples = [t for part in parts for t in finder.find(part, part.__name__) if t.examples]
        public = [name for part in parts for name in vars(part) if not name.startswith("_") and name != "close"]
        self.assertEqual(set(), {n for n in public if not any(t.name.endswith("." + n) for t in examples)}, "methods without an example")
        for test in examples:
            with self.subTest(test.name), tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as job:
                client = slipway.MLOpsClient(started.token, base_url=started.url)
                self.addCleanup(client.close)
                fresh(client)
                with open(os.path.join(folder, "model.py"), "w", encoding="utf-8") as file:
                    file.write("def predict(inputs):\n    return inputs\n")
                with open(os.path.join(job, "train.py"), "w", encoding="utf-8") as file:
                    file.write("print('hello')\n")
                fresh_schedules(client, job)
                test.globs.update(client=client, token=started.token, url=started.url, folder=folder, job=job, run_id=fresh_runs(client, folder))
                failures = []
                doctest.DocTestRunner(optionflags=flags).run(test, out=failures.append, clear_globs=False)
                test.globs["client"].close()
                self.assertEqual("", "".join(failures))


def fresh(client):
    """The world that the examples speak of: sentiment-classifier with three versions, and no churn."""
    for name in ("churn", "sentiment-classifier"):
        try:
            for version in client.list_model_versions(name):
                client.transition_model_version_stage(name, version.version, "Archived")
            client.delete_model(name)
        except slipway.ResourceNotFoundError:
            pass
    client.register_model("sentiment-classifier", "BERT-based sentiment analysis model", ["nlp"])
    with tempfile.TemporaryDirectory() as folder:
        for number in (1, 2, 3):
            path = os.path.join(folder, "model.txt")
            with open(path, "w", encoding="utf-8") as file:
                file.write(f"weights {number}")
            client.create_model_version("sentiment-classifier", path=path)


def fresh_runs(client, folder):
    """churn-tuning with two runs of which the id of the first, shallow, is answered, and no churn-2026."""
    for experiment in [*client.list_experiments(status="all")]:
        if not experiment.name.startswith("of before "):
            client.update_experiment(experiment.id, name=f"of before {experiment.id}")
            client.archive_experiment(experiment.id)
    with client.start_run("churn-tuning", "shallow", heartbeat_s=None) as run:
        run.log_param("depth", 3)
        run.log_metric("accuracy", 0.5, step=1)
        run.log_metric("accuracy", 0.75, step=2)
        run.log_artifact(os.path.join(folder, "model.py"), "model")
    with client.start_run("churn-tuning", "deep", heartbeat_s=None) as other:
        other.log_param("depth", 9)
        other.log_metric("accuracy", 0.7)
    return run.id


def fresh_schedules(client, job):
    """An active schedule "hourly" that does not run, and no "nightly"."""
    schedules = {schedule.name: schedule for schedule in client.list_schedules()}
    if "nightly" in schedules:
        client.delete_schedule("nightly")
    if "hourly" not in schedules:
        client.create_schedule("hourly", job, experiment="hours", cron="0 * * * *", base_image="python-system")
    elif schedules["hourly"].current is not None:
        client.wait_for_execution(schedules["hourly"].current)
    client.update_schedule("hourly", cron="0 * * * *")
    client.resume_schedule("hourly")
