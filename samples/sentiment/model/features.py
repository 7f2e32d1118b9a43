"""From a text to weighted words. Training and prediction share it."""

import re

_TOKEN = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*|[.,;:!?]")
_NEGATIONS = {"not", "no", "never", "hardly", "cannot", "nothing", "nobody", "without", "neither", "nor"}
_CONTRAST = {"but", "however", "though", "yet"}
_REACH = 3
"""Words after a negation that it turns around, at most; punctuation ends it sooner."""


def features(text: str) -> "dict[str, float]":
    """Word to weight. `not good` counts as the words `not` and `not good`; what stands before a "but" counts half."""
    found: "dict[str, float]" = {}
    negated = 0
    for token in _TOKEN.findall(text.lower().replace("’", "'")):
        if not token[0].isalpha():
            negated = 0
            continue
        if token in _CONTRAST:
            found = {word: weight / 2 for word, weight in found.items()}
            negated = 0
            continue
        word = f"not {token}" if negated else token
        found[word] = found.get(word, 0.0) + 1.0
        negated = _REACH if token in _NEGATIONS or token.endswith("n't") else max(0, negated - 1)
    return found
