"""What the two kinds of worker share: a request's way into the model and its answer's way out."""

import copy

from slipway_runner import frames, mlflow
from slipway_runner.answers import Answer, BadAnswer, BadInput, NotSupported, answer_of, error_frame, input_of, to_json
from slipway_runner.model import Model
from slipway_runner.request import ModelRequest, Request
from slipway_runner.sending import send_answer
from slipway_runner.steps import Step

_PLAIN = (list, dict, str, int, float, bool, type(None))


class Caller:
    """One model and the replica that it answers for."""

    def __init__(self, model: Model, replica) -> None:
        self.model = model
        self.replica = replica
        self.current: "Caller" = self
        """Who makes the calls that begin now. A call stays with whom it began: no request meets two models."""

    def replace(self, model: Model) -> None:
        """From any thread: calls that begin from now on are of another model."""
        fresh = copy.copy(self)
        fresh.model = model
        self.current = fresh

    def method(self, request: Request) -> Step:
        """The method that the request names; `predict` unless it names another."""
        name = request.members().get("method", "predict") if request.extras else "predict"
        step = self.model.methods.get(name) if isinstance(name, str) else None
        if step is None:
            raise NotSupported(f"This model has no method '{name}'.")
        return step

    def input(self, request: Request):
        if self.model.program is not None:
            return None   # it reads the request itself
        if request.extras and b'"dialect"' in request.extras:
            return self._input_in_dialect(request)
        value = input_of(request)
        if self.model.check is None:
            return value
        if isinstance(value, (bytes, str)) and request.content_type != 1:
            raise NotSupported("An estimator takes JSON.")
        return self.model.check(value)

    def _input_in_dialect(self, request: Request):
        members = request.members()
        dialect = members.get("dialect", "predict")
        if dialect == "open_inference":
            if self.model.tensors is None:
                raise NotSupported("This package declares no tensors.")
            value, request.form = self.model.tensors.read(bytes(request.body), members)
            return value if self.model.check is None else self.model.check(only(value))
        if dialect not in ("predict", "mlflow"):
            raise NotSupported(f"This model does not speak the dialect {dialect}.")
        value = input_of(request)
        if self.model.check is None:
            return value
        if isinstance(value, (bytes, str)) and request.content_type != 1:
            raise NotSupported("An estimator takes JSON.")
        if dialect == "mlflow" and mlflow.is_scoring(value):
            value, request.form = mlflow.rows_of(value, self.model.columns), mlflow.Predictions
        return self.model.check(value)

    def answer(self, request: Request, value) -> None:
        """Closes the request with the model's answer, or with the refusal of one that cannot be written."""
        try:
            if self.model.tensors is not None:
                self.model.tensors.hold(value)
            if request.form is not None:
                send_answer(request, request.form.of(value))
                return
            send_answer(request, Answer(to_json(value), "application/json") if type(value) in _PLAIN else answer_of(value))
        except (BadAnswer, BadInput) as exception:   # BadInput: an output is asked for that there is not
            self.fail(request, exception)

    def answer_all(self, requests: "list[Request]", values: list) -> None:
        """As `answer`, for a batch: the short JSON answers leave in one send per connection."""
        parts, connection = [], None
        for request, value in zip(requests, values):
            if type(value) in _PLAIN and request.form is None and self.model.tensors is None:
                try:
                    body = to_json(value)
                except BadAnswer as exception:
                    self.fail(request, exception)
                    continue
                if len(body) <= frames.MAX_PIECE:
                    if request.close():
                        if request.connection is not connection:
                            if parts:
                                connection.send(b"".join(parts))
                            parts, connection = [], request.connection
                        parts.append(frames.json_result(request.id, body))
                    continue
            self.answer(request, value)
        if parts:
            connection.send(b"".join(parts))

    def fail(self, request: Request, exception: BaseException) -> None:
        """Closes the request with an error. Whether or not its caller still waits, the log is told."""
        frame = error_frame(request, exception)
        if request.close():
            request.connection.send(frame)
        if isinstance(exception, MemoryError):
            self.replica.out_of_memory(exception)

    def batch_answers(self, answers, expected: int) -> "list | None":
        """What a batch call returned, as a list; None when it is not one answer per request."""
        if not isinstance(answers, (list, tuple)):
            if not hasattr(answers, "tolist"):
                return None
            answers = answers.tolist()
        return answers if isinstance(answers, (list, tuple)) and len(answers) == expected else None

    @staticmethod
    def wrong_length(answers, expected: int) -> BadAnswer:
        found = f"{len(answers)} answers" if hasattr(answers, "__len__") else f"a {type(answers).__name__}"
        return BadAnswer(f"predict returned {found} for a batch of {expected}; it returns a list with one answer per input.")


def only(tensors: dict):
    """The rows of an estimator, which takes one tensor."""
    if len(tensors) != 1:
        raise BadInput("An estimator takes one tensor: its rows.", "unknown_input")
    return next(iter(tensors.values()))


def request_view(request: Request):
    """Makes what the model gets as `request`, when it takes one."""
    return lambda: ModelRequest(request)
