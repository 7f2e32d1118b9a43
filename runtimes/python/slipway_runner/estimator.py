"""A bare estimator in a .joblib or .pkl file: unpickled here and nowhere else."""

import pickle
import sys

from slipway_runner.answers import BadInput


class Estimator:
    """`predict` for requests of one row and of several, mixed: their rows are one call of the estimator."""

    def __init__(self, path: str) -> None:
        self._estimator = _unpickle(path)
        if not callable(getattr(self._estimator, "predict", None)):
            raise TypeError(f"the object in the file is a {type(self._estimator).__name__} and has no predict")
        self._features = getattr(self._estimator, "n_features_in_", None)
        names = getattr(self._estimator, "feature_names_in_", None)
        self.columns = None if names is None else [str(name) for name in names]
        numpy = sys.modules.get("numpy")
        self._array = numpy.asarray if numpy is not None and self._features is not None else list

    def check(self, body) -> list:
        """One row, a list of rows, or {"inputs": either} as a list of rows."""
        if isinstance(body, dict) and "inputs" in body:
            body = body["inputs"]
        if isinstance(body, str) and self._features is None:
            return [body]                                    # a pipeline over texts: a row is one text
        if not isinstance(body, list) or not body:
            raise BadInput('An estimator takes one row, a list of rows or {"inputs": …}.')
        if not isinstance(body[0], (list, dict)) and not (isinstance(body[0], str) and self._features is None):
            body = [body]
        expected = self._features
        if expected is not None:
            for row in body:
                if not isinstance(row, list) or len(row) != expected:
                    raise BadInput(f"Each row of this estimator has {expected} values.")
        return body

    def predict(self, requests: list) -> list:
        """`requests`: for each one its rows. Returns for each one its answers, plain numbers or text."""
        rows = [row for request in requests for row in request]
        answers = self._estimator.predict(self._array(rows))
        answers = answers.tolist() if hasattr(answers, "tolist") else list(answers)
        if len(answers) != len(rows):
            raise ValueError(f"the estimator answered {len(answers)} values for {len(rows)} rows")
        if len(rows) == len(requests):
            return [[answer] for answer in answers]
        split, at = [], 0
        for request in requests:
            split.append(answers[at:at + len(request)])
            at += len(request)
        return split


def _unpickle(path: str):
    try:
        import joblib
    except ImportError:
        with open(path, "rb") as file:
            return pickle.load(file)
    return joblib.load(path)
