"""How many waiting requests go into one call: learnt from what calls of 1, 2, 4, … rows have cost."""


import math


class BatchSize:
    """The cost curve of one model. One bucket per power of two: bucket k holds calls of 2^k to 2^(k+1) - 1 rows.

    There is no timer: it chooses only among what waits already.
    """

    _WEIGHT_BELOW, _WEIGHT_ABOVE = 0.5, 0.1
    """Of the newest measurement in a bucket's moving average: a slow call is more often the machine's doing than the model's."""
    _GAIN = 0.95
    """A larger batch must cost at most this share per row of a smaller one: at equal cost the smaller answers sooner."""
    _EXPLORE = 64
    """One choice in so many takes all that waits, so that an old measurement of a large batch is renewed."""

    def __init__(self, max_batch: int) -> None:
        self.max_batch = max_batch
        self._seconds_per_row: "list[float | None]" = [None] * max_batch.bit_length()
        self._choices = 0

    def choose(self, waiting: int, seconds_left: float = math.inf) -> int:
        """How many to take, 1 to `waiting`, never above `max_batch`. `seconds_left`: what the first of them has to its deadline."""
        limit = min(waiting, self.max_batch)
        if limit <= 1:
            return limit
        self._choices += 1
        largest, best = limit.bit_length() - 1, None
        for bucket in range(largest + 1):
            cost = self._seconds_per_row[bucket]
            if cost is None or (bucket and cost * (1 << bucket) > seconds_left):
                continue
            if best is None or cost < self._seconds_per_row[best] * self._GAIN:
                best = bucket
        known = self._seconds_per_row[largest]
        if known is None or self._choices % self._EXPLORE == 0:
            slowest = known if best is None else self._seconds_per_row[best]   # per row: together they hardly take longer than one by one
            fits = limit if slowest is None else int(min(limit, seconds_left / max(slowest, 1e-9)))
            return max(1, fits)
        if best is None:
            return 1
        return limit if best == largest else 1 << best

    def observe(self, rows: int, seconds: float) -> None:
        """One call of `rows` rows took `seconds`."""
        bucket = rows.bit_length() - 1
        if bucket >= len(self._seconds_per_row):
            return
        cost, known = seconds / rows, self._seconds_per_row[bucket]
        if known is None:
            self._seconds_per_row[bucket] = cost
        else:
            self._seconds_per_row[bucket] = known + (self._WEIGHT_BELOW if cost < known else self._WEIGHT_ABOVE) * (cost - known)
