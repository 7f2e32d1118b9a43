"""Trains on scikit-learn's copy of Fisher's iris data, logs to the run that the schedule has opened, and registers a new version by itself."""

import json
import os

import joblib
import sklearn
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import cross_val_score

from slipway import MLOpsClient


def main() -> None:
    with open(os.environ["SLIPWAY_PARAMETERS_FILE"], encoding="utf-8") as file:
        given = json.load(file)
    model_name = given.get("model", "nightly-iris")
    params = {"trees": given.get("trees", 20), "depth": given.get("depth", 3)}
    least = given.get("min_accuracy", 0.9)

    client = MLOpsClient()   # address and key come from the environment
    with client.start_run() as run:   # the run that the schedule has opened
        run.log_params(params)
        run.log_dataset("iris", f"sklearn.datasets.load_iris, scikit-learn {sklearn.__version__}", "Fisher's 150 flowers, as scikit-learn has them")
        accuracy, forest = train(run, params)
        if accuracy < least:
            raise SystemExit(f"accuracy {accuracy:.3f} is below {least}: nothing is registered")
        register(client, run, model_name, accuracy, forest)


def train(run, params):
    x, y = load_iris(return_X_y=True)
    forest = RandomForestClassifier(n_estimators=params["trees"], max_depth=params["depth"], random_state=0)
    accuracies = cross_val_score(forest, x, y, cv=5)
    for fold, accuracy in enumerate(accuracies):
        run.log_metrics({"fold_accuracy": accuracy}, step=fold)
        print(f"fold {fold}: accuracy {accuracy:.3f}")
    mean = float(accuracies.mean())
    run.log_metrics({"accuracy": mean})
    return mean, forest.fit(x, y)


def register(client, run, model_name, accuracy, forest) -> None:
    os.makedirs("model", exist_ok=True)
    joblib.dump(forest, "model/iris.joblib")
    with open("model/requirements.txt", "w", encoding="utf-8") as file:
        file.write(f"scikit-learn=={sklearn.__version__}\njoblib=={joblib.__version__}\n")
    run.log_artifacts("model", "model")
    # Of the run, so that the version says with which parameters, on which data and how well.
    version = client.create_model_version(model_name, run.id, "model", f"Accuracy {accuracy:.3f} in 5-fold cross-validation")
    print(f"registered {version.model} v{version.version} with accuracy {accuracy:.3f}")


if __name__ == "__main__":
    main()
