"""Calls of synchronous models: one thread per call that may run at a time."""

import inspect
import threading
import time

from slipway_runner import answers, logs
from slipway_runner.batching import BatchSize
from slipway_runner.calling import Caller, request_view
from slipway_runner.model import Model
from slipway_runner.request import Request
from slipway_runner.sending import StreamSender


class SyncWorkers(Caller):
    """With one slot the main thread reads the gateways' connections itself; with several, the replica's thread reads and wakes them."""

    def __init__(self, model: Model, replica) -> None:
        super().__init__(model, replica)
        self._queue = replica.queue
        self._sizes = BatchSize(model.max_batch) if model.batch else None
        self._arrived = threading.Condition()
        self.reads_for_itself = model.concurrency == 1

    def run(self) -> None:
        """Never returns: the replica's thread ends the process."""
        if self.reads_for_itself:
            self._read_and_call()
        for slot in range(1, self.model.concurrency):
            threading.Thread(target=self._wait_and_call, name=f"model-{slot}", daemon=True).start()
        self._wait_and_call()

    def wake(self) -> None:
        """Requests may have come. Called by the replica's thread."""
        if not self.reads_for_itself:
            with self._arrived:
                self._arrived.notify(len(self._queue.waiting))

    def _read_and_call(self) -> None:
        queue, gate = self._queue, self.replica.gate
        while True:
            with gate.leader:
                gate.poll(0 if queue.waiting else -1)
            taken = queue.take(self._sizes)
            if taken:
                self.current._call(taken)

    def _wait_and_call(self) -> None:
        while True:
            with self._arrived:
                while not self._queue.waiting:
                    self._arrived.wait()
            taken = self._queue.take(self._sizes)
            if taken:
                self.current._call(taken)

    def _call(self, requests: "list[Request]") -> None:
        call = self._queue.begin(len(requests))
        try:
            if self._sizes is None:
                self._one(requests[0], call)
            else:
                self._batch(requests, call)
        except BaseException as exception:   # whatever it is: nobody waits for an answer that never comes
            for request in requests:
                self.fail(request, exception)
        finally:
            self._queue.finish(call)

    # --- one request per call

    def _one(self, request: Request, call) -> None:
        logs.prediction.set(request.prediction)
        try:
            model, view, step = self.model, request_view(request), self.method(request)
            value = self.input(request)
            if step is model.predict:
                if model.preprocess is not None:
                    value = model.preprocess.call(value, view)
                value = step.call(value, view)
                if inspect.isgenerator(value):
                    self._stream(request, value, call)
                    return
                if model.postprocess is not None:
                    value = model.postprocess.call(value, view)
            else:
                value = step.call(value, view)
            if inspect.isgenerator(value):
                self._stream(request, value, call)
            else:
                self.answer(request, value)
        except BaseException as exception:
            self.fail(request, exception)
        finally:
            logs.prediction.set(None)

    def _stream(self, request: Request, items, call) -> None:
        call.watched = True
        stream_items(self, request, items)

    # --- many requests per call

    def _batch(self, requests: "list[Request]", call) -> None:
        others = [request for request in requests if request.extras and self._other_method(request)]
        for request in others:
            self._one(request, call)
        if others:
            requests = [request for request in requests if request not in others]
        requests, inputs = self._prepare(requests)
        if not requests:
            return
        try:
            found, started = self._predict(requests, inputs)
            seconds = time.perf_counter() - started
            values = self.batch_answers(found, len(requests))
            if values is None and len(requests) == 1:
                raise self.wrong_length(found, 1)
        except MemoryError as exception:
            for request in requests:
                self.fail(request, exception)
            return
        except BaseException as exception:
            if len(requests) == 1:
                self._failed(requests[0], exception)
                return
            values = None
        if values is None:   # outside of the handler: the rows' own exceptions are not its consequence
            self._one_by_one(requests, inputs)
            return
        if self.model.check is None or all(len(rows) == 1 for rows in inputs):
            self._sizes.observe(len(requests), seconds)
        self._finish(requests, values)

    def _other_method(self, request: Request) -> bool:
        try:
            return self.method(request) is not self.model.predict
        except answers.NotSupported:
            return True

    def _prepare(self, requests: "list[Request]") -> "tuple[list[Request], list]":
        """Inputs after `preprocess`; requests that fail here are answered and left out."""
        preprocess, ready, inputs = self.model.preprocess, [], []
        for request in requests:
            try:
                value = self.input(request)
                if preprocess is not None:
                    logs.prediction.set(request.prediction)
                    value = preprocess.call(value, request_view(request))
            except BaseException as exception:
                self._failed(request, exception)
                continue
            ready.append(request)
            inputs.append(value)
        return ready, inputs

    def _predict(self, requests: "list[Request]", inputs: list):
        logs.prediction.set(requests[0].prediction if len(requests) == 1 else None)
        started = time.perf_counter()
        return self.model.predict.call(inputs, lambda: [request_view(request)() for request in requests]), started

    def _one_by_one(self, requests: "list[Request]", inputs: list) -> None:
        """After a batch that failed: only the requests at fault fail."""
        for request, value in zip(requests, inputs):
            if request.gone:
                continue
            try:
                found, _ = self._predict([request], [value])
                values = self.batch_answers(found, 1)
                if values is None:
                    raise self.wrong_length(found, 1)
            except BaseException as exception:
                self._failed(request, exception)
            else:
                self._finish([request], values)

    def _finish(self, requests: "list[Request]", values: list) -> None:
        postprocess = self.model.postprocess
        if postprocess is None:
            self.answer_all(requests, values)
            return
        for request, value in zip(requests, values):
            logs.prediction.set(request.prediction)
            try:
                value = postprocess.call(value, request_view(request))
            except BaseException as exception:
                self._failed(request, exception)
            else:
                self.answer(request, value)

    def _failed(self, request: Request, exception: BaseException) -> None:
        logs.prediction.set(request.prediction)
        self.fail(request, exception)


def stream_items(caller: Caller, request: Request, items) -> None:
    """Drives a synchronous generator in this thread. It gets GeneratorExit at its next yield when the request is gone."""
    changed = threading.Event()
    request.notify = changed.set
    caller.replica.watch_gate()
    sender = StreamSender(request)
    try:
        for item in items:
            if not sender.started:
                sender.start(answers.stream_type(item))
            rest = sender.send(memoryview(answers.stream_bytes(item)))
            while rest and not request.gone:
                changed.clear()
                if request.granted == request.sent and not request.gone:
                    changed.wait()
                rest = sender.send(rest)
            if request.gone:
                return
        if not sender.started:
            sender.start("application/octet-stream")
        sender.end()
    except BaseException as exception:
        if not sender.started or isinstance(exception, MemoryError):
            raise
        if isinstance(exception, (answers.BadAnswer, answers.Late)):
            logs.write("ERROR", str(exception))
            sender.end(str(exception))
        else:
            logs.write_exception(exception)
            sender.end(answers.raised(exception))
    finally:
        request.notify = None
        try:
            items.close()
        except BaseException as exception:
            logs.write_exception(exception)
