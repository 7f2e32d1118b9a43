import json

import numpy
from sklearn.linear_model import LogisticRegression


class BadMeasurements(Exception):
    """Passed through to the caller with its own status."""

    status_code = 400

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class Model:
    """`batch: true` in config.yaml: predict gets the rows of all requests that wait, and returns a list of the same length."""

    def __init__(self, data_dir) -> None:
        self._path = data_dir / "model.json"

    def load(self) -> None:
        weights = json.loads(self._path.read_text())
        self._features = weights["features"]
        self._species = weights["species"]
        self._model = LogisticRegression()
        self._model.classes_ = numpy.arange(len(self._species))
        self._model.coef_ = numpy.array(weights["coef"])
        self._model.intercept_ = numpy.array(weights["intercept"])
        self._model.n_features_in_ = len(self._features)

    def preprocess(self, inputs) -> list:
        """One flower: four numbers in the order of the features, or an object that names them."""
        row = [inputs.get(name) for name in self._features] if isinstance(inputs, dict) else inputs
        if not isinstance(row, list) or len(row) != 4 or not all(type(value) in (int, float) for value in row):
            raise BadMeasurements(f"Expected four numbers: {', '.join(self._features)}.")
        return row

    def predict(self, rows: list) -> list:
        """rows: [batch, 4], centimetres."""
        print("flowers in this call:", len(rows))
        answers = []
        for chances in self._model.predict_proba(numpy.array(rows, dtype=float)).tolist():
            best = max(range(len(chances)), key=chances.__getitem__)
            answers.append({"species": self._species[best],
                            "probabilities": {name: round(chance, 6) for name, chance in zip(self._species, chances)}})
        return answers
