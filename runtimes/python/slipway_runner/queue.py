"""The requests that wait for a call, and the calls that run."""

import collections
import math
import threading
import time

from slipway_runner.batching import BatchSize
from slipway_runner.request import Request


class Call:
    """One running call of the model."""

    __slots__ = ("started", "size", "watched")

    def __init__(self, size: int) -> None:
        self.started = time.monotonic()
        self.size = size
        self.watched = False
        """It streams: cancel and credit matter before it returns."""


class Queue:
    """Touched by the reader and by the threads that call the model; each step is one atomic operation of a built-in container."""

    def __init__(self, replica) -> None:
        self.waiting: "collections.deque[Request]" = collections.deque()
        self.running: "dict[Call, None]" = {}
        self.calls = 0
        self.requests = 0
        self._replica = replica
        self._counting = threading.Lock()

    def take(self, sizes: "BatchSize | None") -> "list[Request]":
        """The next call's requests, in the order of arrival; without `sizes` at most one. Those that are gone or late are left out."""
        taken: "list[Request]" = []
        wanted, now = 1, time.monotonic()
        if sizes is not None and len(self.waiting) > 1:
            try:
                deadline = self.waiting[0].deadline
            except IndexError:   # another thread has taken them
                return []
            wanted = sizes.choose(len(self.waiting), deadline - now if deadline else math.inf)
        while len(taken) < wanted:
            try:
                request = self.waiting.popleft()
            except IndexError:
                break
            if request.gone:
                continue
            if request.deadline and now > request.deadline:
                self._replica.abandon(request, 504, "deadline", "The deadline passed before the model was called.")
                continue
            request.begun = True
            taken.append(request)
        return taken

    def begin(self, size: int) -> Call:
        call = Call(size)
        self.running[call] = None
        return call

    def finish(self, call: Call) -> None:
        del self.running[call]
        with self._counting:
            self.calls += 1
            self.requests += call.size
