"""Calls of models with asynchronous methods: one asyncio loop in the main thread, a task per call.

The replica's thread reads the gateways' connections. Synchronous steps of such a model run in a pool with a thread per slot.
"""

import asyncio
import concurrent.futures
import contextvars
import inspect
import time

from slipway_runner import answers, logs
from slipway_runner.batching import BatchSize
from slipway_runner.calling import Caller, request_view
from slipway_runner.model import Model
from slipway_runner.request import Request
from slipway_runner.sending import StreamSender
from slipway_runner.steps import Step
from slipway_runner.sync_worker import stream_items


class AsyncWorker(Caller):
    reads_for_itself = False

    def __init__(self, model: Model, replica, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(model, replica)
        self._loop = loop
        self._queue = replica.queue
        self._sizes = BatchSize(model.max_batch) if model.batch else None
        self._free = model.concurrency
        self._tasks: "set[asyncio.Task]" = set()
        self._pool = concurrent.futures.ThreadPoolExecutor(model.concurrency, "model")

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        return self._loop

    def run(self) -> None:
        """Never returns: the replica's thread ends the process."""
        self._loop.call_soon(self._dispatch)
        self._loop.run_forever()

    def wake(self) -> None:
        """Requests may have come. Called by the replica's thread."""
        if self._queue.waiting:
            self._loop.call_soon_threadsafe(self._dispatch)

    def _dispatch(self) -> None:
        while self._free and self._queue.waiting:
            taken = self._queue.take(self._sizes)
            if taken:
                self._free -= 1
                task = self._loop.create_task(self.current._call(taken))
                self._tasks.add(task)
                task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task) -> None:
        self._tasks.discard(task)
        self._free += 1
        self._dispatch()

    async def _call(self, requests: "list[Request]") -> None:
        call = self._queue.begin(len(requests))
        task = asyncio.current_task()

        def leave() -> None:   # when nobody waits for this call any more
            if all(request.gone for request in requests):
                self._loop.call_soon_threadsafe(task.cancel)

        for request in requests:
            request.notify = leave
        try:
            if self._sizes is None:
                await self._one(requests[0], call)
            else:
                await self._batch(requests, call)
        except BaseException as exception:   # whatever it is: nobody waits for an answer that never comes
            if not self._left(requests, exception):
                for request in requests:
                    self.fail(request, exception)
        finally:
            for request in requests:
                if request.notify is leave:
                    request.notify = None
            self._queue.finish(call)

    @staticmethod
    def _left(requests: "list[Request]", exception: BaseException) -> bool:
        """The call was cancelled because nobody waits for it: each of its requests has its last frame."""
        return isinstance(exception, asyncio.CancelledError) and all(request.gone for request in requests)

    async def _run(self, step: Step, value, view):
        """A step's result, awaited. A generator of either kind comes back as it is."""
        if step.is_async:
            result = step.call(value, view)
        else:
            context = contextvars.copy_context()
            result = await self._loop.run_in_executor(self._pool, context.run, _call_in_pool, step, value, view)
        return await result if inspect.isawaitable(result) else result

    # --- one request per call

    async def _one(self, request: Request, call) -> None:
        logs.prediction.set(request.prediction)
        try:
            model, view, step = self.model, request_view(request), self.method(request)
            value, chained = self.input(request), step is model.predict
            if chained and model.preprocess is not None:
                value = await self._run(model.preprocess, value, view)
            value = await self._run(step, value, view)
            if inspect.isasyncgen(value):
                call.watched = True
                await self._stream(request, value)
            elif inspect.isgenerator(value):
                call.watched = True
                context = contextvars.copy_context()
                await self._loop.run_in_executor(self._pool, context.run, stream_items, self, request, value)
            else:
                if chained and model.postprocess is not None:
                    value = await self._run(model.postprocess, value, view)
                self.answer(request, value)
        except BaseException as exception:
            if self._left([request], exception):
                raise
            self.fail(request, exception)

    async def _stream(self, request: Request, items) -> None:
        changed, task, loop = asyncio.Event(), asyncio.current_task(), self._loop

        def notify() -> None:
            loop.call_soon_threadsafe(task.cancel if request.gone else changed.set)

        request.notify = notify
        sender = StreamSender(request)
        try:
            if request.gone:
                raise asyncio.CancelledError
            async for item in items:
                if not sender.started:
                    sender.start(answers.stream_type(item))
                rest = sender.send(memoryview(answers.stream_bytes(item)))
                while rest:
                    changed.clear()
                    if request.granted == request.sent:
                        await changed.wait()
                    rest = sender.send(rest)
            if not sender.started:
                sender.start("application/octet-stream")
            sender.end()
        except asyncio.CancelledError:
            if request.gone:
                raise
            sender.end("The model cancelled its own stream.")
        except BaseException as exception:
            if not sender.started or isinstance(exception, MemoryError):
                raise
            logs.write_exception(exception)
            sender.end(str(exception) if isinstance(exception, answers.BadAnswer) else answers.raised(exception))
        finally:
            request.notify = None
            try:
                await items.aclose()
            except BaseException as exception:
                logs.write_exception(exception)

    # --- many requests per call

    async def _batch(self, requests: "list[Request]", call) -> None:
        ready, inputs = [], []
        for request in requests:
            logs.prediction.set(request.prediction)
            try:
                if self.method(request) is not self.model.predict:
                    await self._one(request, call)
                    continue
                value = self.input(request)
                if self.model.preprocess is not None:
                    value = await self._run(self.model.preprocess, value, request_view(request))
            except BaseException as exception:
                if self._left(requests, exception):
                    raise
                self.fail(request, exception)
                continue
            ready.append(request)
            inputs.append(value)
        if ready:
            await self._predict_batch(ready, inputs)

    async def _predict_batch(self, requests: "list[Request]", inputs: list) -> None:
        """One call; when it fails, one for each request, so that only those at fault fail."""
        logs.prediction.set(requests[0].prediction if len(requests) == 1 else None)
        started = time.perf_counter()
        try:
            found = await self._run(self.model.predict, inputs, lambda: [request_view(request)() for request in requests])
            values = self.batch_answers(found, len(requests))
            if values is None:
                raise self.wrong_length(found, len(requests))
        except BaseException as exception:
            if self._left(requests, exception):
                raise
            if len(requests) == 1 or isinstance(exception, MemoryError):
                for request in requests:
                    self.fail(request, exception)
                return
            values = None
        if values is None:   # outside of the handler: the rows' own exceptions are not its consequence
            for request, value in zip(requests, inputs):
                if not request.gone:
                    await self._predict_batch([request], [value])
            return
        self._sizes.observe(len(requests), time.perf_counter() - started)
        for request, value in zip(requests, values):
            if self.model.postprocess is not None:
                logs.prediction.set(request.prediction)
                try:
                    value = await self._run(self.model.postprocess, value, request_view(request))
                except BaseException as exception:
                    if self._left(requests, exception):
                        raise
                    self.fail(request, exception)
                    continue
            self.answer(request, value)


def _call_in_pool(step: Step, value, view):
    try:
        return step.call(value, view)
    except StopIteration as exception:   # a future cannot carry it: whoever awaits it would wait for ever
        raise RuntimeError("the model raised StopIteration") from exception
