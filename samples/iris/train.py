"""Trains on scikit-learn's copy of Fisher's iris data set and writes data/model.json.

    python3 train.py

The weights are written as numbers and not as a pickle: every version of scikit-learn from 1.2 on can take them.
"""

import json
import pathlib

from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score

NAMES = ["sepal_length", "sepal_width", "petal_length", "petal_width"]


def main() -> None:
    iris = load_iris()
    model = LogisticRegression(max_iter=1000)
    accuracy = cross_val_score(model, iris.data, iris.target, cv=10).mean()
    model.fit(iris.data, iris.target)
    path = pathlib.Path(__file__).with_name("data") / "model.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({
        "features": NAMES,
        "species": iris.target_names.tolist(),
        "coef": model.coef_.tolist(),
        "intercept": model.intercept_.tolist(),
        "accuracy": round(float(accuracy), 4),
    }, indent=1) + "\n")
    print(f"10-fold accuracy {accuracy:.3f}; wrote {path}")


if __name__ == "__main__":
    main()
