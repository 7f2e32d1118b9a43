import json
import math

from .features import features

LIMIT = 10_000
"""Characters of one text."""


class BadText(Exception):
    """Passed through to the caller with its own status."""

    status_code = 400

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class Model:
    def __init__(self, data_dir) -> None:
        self._path = data_dir / "weights.json"

    def load(self) -> None:
        trained = json.loads(self._path.read_text(encoding="utf-8"))
        self._bias = trained["bias"]
        self._weights = trained["weights"]
        print(f"{len(self._weights)} words, learnt from {trained['sentences']} sentences")

    def predict(self, inputs):
        """`{"text": …}` or a text gives one answer; a list of either a list of answers."""
        if isinstance(inputs, list):
            return [self._judge(item) for item in inputs]
        return self._judge(inputs)

    def _judge(self, item) -> dict:
        text = item.get("text") if isinstance(item, dict) else item
        if not isinstance(text, str):
            raise BadText('Expected {"text": "…"}, a text, or a list of either.')
        if len(text) > LIMIT:
            raise BadText(f"A text has at most {LIMIT} characters.")
        weighed = {word: count * self._weights[word] for word, count in features(text).items() if word in self._weights}
        score = 1 / (1 + math.exp(-max(-30.0, min(30.0, self._bias + sum(weighed.values())))))
        strongest = sorted((word for word in weighed if abs(weighed[word]) >= 0.2), key=lambda word: -abs(weighed[word]))[:5]
        return {
            "label": "positive" if score > 0.6 else "negative" if score < 0.4 else "neutral",
            "score": round(score, 4),
            "words": [{"word": word, "weight": round(weighed[word], 2)} for word in strongest],
        }
