"""Counts which word follows which two words in text.txt (written for this sample) and writes data/chain.json.

    python3 train.py
"""

import collections
import json
import pathlib
import re

HERE = pathlib.Path(__file__).parent
END = "\n"
"""Stands for the beginning and the end of a sentence."""


def main() -> None:
    text = (HERE / "text.txt").read_text(encoding="utf-8")
    follows = collections.defaultdict(collections.Counter)
    for sentence in re.findall(r"[^.]+\.", text.replace("\n", " ")):
        words = [END, END, *re.findall(r"[\w'-]+|[.,;]", sentence), END]
        for first, second, third in zip(words, words[1:], words[2:]):
            follows[f"{first} {second}"][third] += 1
    chain = {pair: dict(sorted(counts.items())) for pair, counts in sorted(follows.items())}
    (HERE / "data").mkdir(exist_ok=True)
    (HERE / "data" / "chain.json").write_text(json.dumps(chain, indent=0, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"{len(chain)} pairs of words, {sum(map(len, chain.values()))} ways to go on")


if __name__ == "__main__":
    main()
