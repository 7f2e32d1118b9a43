import json
import random
import time

END = "\n"
"""Stands for the beginning and the end of a sentence."""


class BadRequest(Exception):
    """Passed through to the caller with its own status."""

    status_code = 400

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class Model:
    """A generator as `predict`: each word is sent when it is yielded. How many run at a time says config.yaml."""

    def __init__(self, data_dir) -> None:
        self._path = data_dir / "chain.json"

    def load(self) -> None:
        self._follows = json.loads(self._path.read_text(encoding="utf-8"))

    def predict(self, inputs):
        """`{"words": 40, "delay_seconds": 0.1, "seed": 7}`, all optional."""
        inputs = {} if inputs is None else inputs
        if not isinstance(inputs, dict):
            raise BadRequest('Expected an object such as {"words": 40, "delay_seconds": 0.1, "seed": 7}.')
        count, delay = inputs.get("words", 40), inputs.get("delay_seconds", 0.1)
        if type(count) is not int or not 1 <= count <= 10_000:
            raise BadRequest("words is a whole number from 1 to 10000.")
        if type(delay) not in (int, float) or not 0 <= delay <= 60:
            raise BadRequest("delay_seconds is a number from 0 to 60.")
        yield from self._write(count, delay, random.Random(inputs.get("seed")))

    def _write(self, count: int, delay: float, source: random.Random):
        """At least `count` words, and then to the end of the sentence."""
        first, second, written = END, END, 0
        try:
            while True:
                choices = self._follows[f"{first} {second}"]
                third = source.choices(list(choices), list(choices.values()))[0]
                if third == END:
                    if written >= count:
                        break
                    first, second = END, END
                    continue
                if third not in ".,;":
                    written += 1
                    time.sleep(delay)
                yield third if third in ".,;" or written == 1 else f" {third}"
                first, second = second, third
            yield "\n"
        except GeneratorExit:
            print(f"the reader left after {written} words")
            raise
