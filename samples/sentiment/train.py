"""Trains the sentiment model on the corpus of corpus.py and writes data/weights.json. Nothing but Python is needed; it takes some ten seconds.

    python3 train.py

Logistic regression by stochastic gradient descent, with weights pulled towards zero so that words without an opinion end near it.
"""

import json
import math
import pathlib
import random
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent / "model"))

from corpus import Corpus          # noqa: E402
from features import features      # noqa: E402

SEED = 20261122
SENTENCES = 30_000
EPOCHS = 6
RATE = 0.25
DECAY = 2e-5
"""Share that a weight loses each time its word is seen, times the rate."""

# Written by hand, in no shape of the corpus, and not trained on.
HELD_OUT = [
    ("What a lovely evening, the staff could not have been kinder.", 1),
    ("Delicious food and a fantastic view, we stayed for hours.", 1),
    ("Not bad at all for the price.", 1),
    ("It took a while to set up, but now it works perfectly.", 1),
    ("My daughter loved every page of it.", 1),
    ("Quick delivery, solid quality, friendly answer to my question.", 1),
    ("I was sceptical at first; today I would not want to be without it. Brilliant!", 1),
    ("The room was spotless and the bed really comfortable.", 1),
    ("Great value, and they repaired the old one for free.", 1),
    ("Nothing fancy, but honest and tasty cooking.", 1),
    ("The best concert I have been to in years.", 1),
    ("Easy to use, even for my grandmother.", 1),
    ("The waiter was rude and the soup arrived cold.", 0),
    ("It broke on the second day and nobody answers my mails.", 0),
    ("I expected more. The plot is dull and the ending ridiculous.", 0),
    ("Not worth the money, do not buy it.", 0),
    ("Looks beautiful, but it is useless in the rain.", 0),
    ("Two hours in the queue, and then the show was cancelled. Never again.", 0),
    ("The app crashes whenever I open the camera.", 0),
    ("Overpriced, noisy and not very clean.", 0),
    ("Support was unhelpful; I want a refund.", 0),
    ("The sound isn't good and the battery is weak.", 0),
    ("A complete waste of an afternoon.", 0),
    ("The seats were so uncomfortable that we left early.", 0),
]


def probability(weights: dict, bias: float, found: dict) -> float:
    score = bias + sum(weights.get(word, 0.0) * weight for word, weight in found.items())
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, score))))


def accuracy(weights: dict, bias: float, examples: list) -> float:
    return sum((probability(weights, bias, features(text)) > 0.5) == bool(label) for text, label in examples) / len(examples)


def main() -> None:
    source = Corpus(SEED)
    examples = [(features(text), label) for text, label in (source.sentence() for _ in range(SENTENCES))]
    order, weights, bias = random.Random(SEED), {}, 0.0
    for epoch in range(EPOCHS):
        order.shuffle(examples)
        rate = RATE / (1 + epoch)
        for found, label in examples:
            step = rate * (label - probability(weights, bias, found))
            bias += step * 0.1
            for word, weight in found.items():
                known = weights.get(word, 0.0)
                weights[word] = known + step * weight - rate * DECAY * SENTENCES / 100 * known

    fresh = Corpus(SEED + 1)
    generated, by_hand = accuracy(weights, bias, [fresh.sentence() for _ in range(5000)]), accuracy(weights, bias, HELD_OUT)
    kept = {word: round(weight, 3) for word, weight in sorted(weights.items()) if abs(weight) >= 0.05}
    path = pathlib.Path(__file__).with_name("data") / "weights.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({
        "bias": round(bias, 3), "sentences": SENTENCES,
        "accuracy_generated": round(generated, 4), "accuracy_by_hand": round(by_hand, 4), "weights": kept}, indent=0, ensure_ascii=False) + "\n")
    print(f"{len(kept)} words; right on {generated:.1%} of new generated sentences and {by_hand:.1%} of {len(HELD_OUT)} written by hand")
    for text, label in HELD_OUT:
        chance = probability(weights, bias, features(text))
        if (chance > 0.5) != bool(label):
            print(f"  wrong ({chance:.2f}): {text}")


if __name__ == "__main__":
    main()
