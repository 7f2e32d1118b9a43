"""The integration example of the registry's field: experiment, run, artifact, version, Staging, Production, deploy, print the endpoint; and then it answers."""

import contextlib
import io
import json
import os
import tempfile
import unittest
import urllib.request

import server

try:
    import joblib
    from sklearn.linear_model import LogisticRegression
except ImportError:
    joblib = None

# As it is written there, but for the import and the model object: an estimator saved with joblib in place of a state_dict.
SCRIPT = '''
from slipway import MLOpsClient
import joblib

client = MLOpsClient(api_token="your_token")

# 1. Track training in experiment
with client.start_run(experiment_id="sentiment-exp") as run:
    run.log_params({"lr": 0.001, "epochs": 10})

    # Train model
    model = train_model()

    run.log_metrics({"accuracy": 0.94, "f1": 0.92})

    # Save model
    joblib.dump(model, "model.joblib")
    run.log_artifact("model.joblib")

    run_id = run.id

# 2. Register to Model Registry
version = client.create_model_version(
    model_name="sentiment-classifier-story",
    source_run_id=run_id,
    artifact_path="model.joblib",
    description="BERT fine-tuned on v2 dataset"
)

# 3. Promote to staging for testing
client.transition_model_version_stage(
    model_name="sentiment-classifier-story",
    version=version.version,
    stage="Staging"
)

# 4. After validation, promote to production
client.transition_model_version_stage(
    model_name="sentiment-classifier-story",
    version=version.version,
    stage="Production"
)

# 5. Deploy to AI Studio
deployment = client.deploy_model(
    model_name="sentiment-classifier-story",
    version=version.version,
    endpoint_name="sentiment-api"
)

print(f"Model deployed at: {deployment.endpoint_url}")
'''


@unittest.skipIf(joblib is None, "python3-sklearn and python3-joblib are not installed")
class Story(unittest.TestCase):
    def test_the_script_ends_in_a_working_prediction(self):
        started = server.shared()
        with tempfile.TemporaryDirectory() as folder, working_in(folder), environment(SLIPWAY_URL=started.url, SLIPWAY_BASE_IMAGE="python-system"):
            said = io.StringIO()
            names = {"train_model": train_model}
            with contextlib.redirect_stdout(said):
                exec(compile(SCRIPT.replace("your_token", started.token), "integration.py", "exec"), names)
        words, endpoint = said.getvalue().strip().split(": ", 1)
        self.assertEqual("Model deployed at", words)
        self.assertIn("/production/models/sentiment-api", endpoint)

        request = urllib.request.Request(endpoint, json.dumps([3.0]).encode(), {"Content-Type": "application/json", "Authorization": f"Bearer {started.token}"})
        with urllib.request.urlopen(request) as answer:
            self.assertEqual([1], json.loads(answer.read())["result"])

        client, version = names["client"], names["version"]
        self.addCleanup(client.close)
        found = client.get_model_version("sentiment-classifier-story", version.version)
        self.assertEqual(({"accuracy": 0.94, "f1": 0.92}, {"lr": "0.001", "epochs": "10"}), (dict(found.metrics), dict(found.parameters)))
        kinds = sorted(node.kind for node in client.get_model_lineage("sentiment-classifier-story", version.version).nodes)
        self.assertEqual(["deployment", "experiment", "parameters", "run", "version"], kinds)
        self.assertEqual([("production", "sentiment-api", "live")], [(d.environment, d.name, d.use) for d in client.list_model_deployments("sentiment-classifier-story")])


def train_model():
    return LogisticRegression().fit([[-2.0], [-1.0], [1.0], [2.0]], [0, 0, 1, 1])


@contextlib.contextmanager
def working_in(folder):
    before = os.getcwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


@contextlib.contextmanager
def environment(**values):
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


if __name__ == "__main__":
    unittest.main()
