"""A callable of the package, made uniform: what it takes, and whether it is asynchronous."""

import inspect


class Step:
    """`predict`, `preprocess`, … of a model. May take (inputs), (inputs, request), (request) or nothing."""

    def __init__(self, function) -> None:
        self.function = function
        self.is_coroutine = inspect.iscoroutinefunction(function)
        self.is_async_generator = inspect.isasyncgenfunction(function)
        self.streams = self.is_async_generator or inspect.isgeneratorfunction(function)
        self.is_async = self.is_coroutine or self.is_async_generator
        self.takes_inputs, self.takes_request = _arguments(function)

    def call(self, inputs, request):
        """The function's own result: for asynchronous ones an awaitable or an async generator. `request` is made only if it is taken."""
        if self.takes_request:
            if self.takes_inputs:
                return self.function(inputs, request())
            return self.function(request())
        return self.function(inputs) if self.takes_inputs else self.function()


def _arguments(function) -> "tuple[bool, bool]":
    """Whether it takes the inputs, and the request."""
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):   # a function of native code without a signature
        return True, False
    positional = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    if any(p.kind is p.VAR_POSITIONAL for p in parameters):
        return True, bool(positional) and _is_request(positional[-1])
    if not positional:
        return False, False
    if len(positional) == 1:
        return (False, True) if _is_request(positional[0]) else (True, False)
    second = positional[1]
    return True, _is_request(second) or second.default is second.empty


def _is_request(parameter) -> bool:
    """By its name, or by an annotation such as `fastapi.Request`."""
    annotation = parameter.annotation
    name = annotation if isinstance(annotation, str) else getattr(annotation, "__name__", "")
    return parameter.name == "request" or name.rpartition(".")[2] == "Request"
