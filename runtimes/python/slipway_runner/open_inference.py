"""Requests and answers of the Open Inference Protocol v2, for packages that declare tensors.

The model gets `{name: nested list}` and returns the same, or one tensor alone; numpy arrays are fine. Where the package declares a signature, names, datatypes
and shapes are held to it.
"""

import json

from slipway_runner.answers import Answer, BadAnswer, BadInput, to_json
from slipway_runner.tensors import DATATYPES, MAX_RANK, count_of, datatype_of, elements, flatten, mismatch, nest, pack, unpack


def _no_constant(text: str):
    raise ValueError(f"{text} is not JSON")


def bad(message: str, code: str = "malformed_request") -> BadInput:
    return BadInput(message, code)


class Tensors:
    """What a package declares of its tensors; without a signature any names do."""

    def __init__(self, signature: "dict | None") -> None:
        self.inputs = {spec["name"]: spec for spec in signature["inputs"]} if signature else None
        self.outputs = {spec["name"]: spec for spec in signature.get("outputs") or []} if signature else {}

    def hold(self, value) -> None:
        """Holds an answer to the declared outputs: their names, elements and shapes. Raises BadAnswer."""
        if not self.outputs:
            return
        if not isinstance(value, dict):
            if len(self.outputs) > 1:
                raise BadAnswer(f"The model's answer breaks its signature: an object with {', '.join(self.outputs)} is declared.")
            value = {next(iter(self.outputs)): value}
        for name, spec in self.outputs.items():
            if name not in value:
                raise BadAnswer(f"The model's answer breaks its signature: it has no {name}.")
            try:
                flat, shape = flatten(value[name].tolist() if hasattr(value[name], "tolist") else value[name], name)
            except BadAnswer as exception:
                raise BadAnswer(f"The model's answer breaks its signature. {exception}") from exception
            if not set(map(type, flat)) <= _elements_of(spec["datatype"]):
                raise BadAnswer(f"The model's answer breaks its signature: {name} has elements that are not {spec['datatype']}.")
            declared = spec["shape"]
            if not any(_fits(shape, form) for form in (declared, declared[1:] if declared[:1] == [-1] else declared)):   # one row may come without its batch
                raise BadAnswer(f"The model's answer breaks its signature: {name} has the shape {shape}, and {declared} is declared.")

    def read(self, body: bytes, members: dict) -> "tuple[dict, InferAnswer]":
        """The tensors by name, and how to answer them. Raises BadInput."""
        length = members.get("json_length")
        if length is not None and not 0 <= length <= len(body):
            raise bad(f"Inference-Header-Content-Length is {length}; the body has {len(body)} bytes.")
        text, binary = (body, b"") if length is None else (body[:length], body[length:])
        try:
            request = json.loads(text, parse_constant=_no_constant)
        except (ValueError, RecursionError) as exception:
            raise bad(f"The body is not JSON: {exception}.", "malformed_json") from exception
        if not isinstance(request, dict) or not isinstance(request.get("inputs"), list):
            raise bad("The request has no list inputs.")
        if not isinstance(request.get("id", ""), str):
            raise bad("The field id is a text.")
        tensors, used = {}, 0
        for entry in request["inputs"]:
            used = self._input(entry, tensors, binary, used)
        if used != len(binary):
            raise mismatch(f"{len(binary)} bytes follow the JSON, and the inputs' binary_data_size add up to {used}.")
        missing = [name for name in self.inputs or () if name not in tensors]
        if missing:
            raise bad(f"Input {missing[0]} is missing; the model takes {', '.join(self.inputs)}.", "missing_input")
        return tensors, InferAnswer(request, members, self.outputs)

    def _input(self, entry, tensors: dict, binary: bytes, used: int) -> int:
        if not isinstance(entry, dict):
            raise bad("The entries of inputs are objects.")
        name, datatype, shape = entry.get("name"), entry.get("datatype"), entry.get("shape")
        if not isinstance(name, str) or not name:
            raise bad("An input has no name.")
        if name in tensors:
            raise bad(f"Input {name[:64]} comes twice.")
        if datatype not in DATATYPES:
            raise bad(f"{name[:64]}: a datatype is one of {', '.join(DATATYPES)}.", "datatype_mismatch")
        if not isinstance(shape, list) or len(shape) > MAX_RANK or any(type(size) is not int or size < 0 for size in shape):
            raise bad(f"{name[:64]}: a shape is a list of at most {MAX_RANK} whole numbers, 0 or above.")
        self._hold(name, datatype, shape)
        size = _parameters(entry, "input").get("binary_data_size")
        if ("data" in entry) == (size is not None):
            raise bad(f"{name[:64]}: send either data or the parameter binary_data_size.")
        if size is None:
            # Whatever the shape says, no more elements than the body has bytes are ever made.
            flat = elements(name, datatype, shape, entry["data"])
        else:
            if type(size) is not int or not 0 <= size <= len(binary) - used:
                raise mismatch(f"{name[:64]}: binary_data_size is {size}, and {len(binary) - used} bytes are left behind the JSON.")
            flat = unpack(name, datatype, shape, binary[used:used + size])
            used += size
        if not flat and count_of([size for size in shape if size]) > 1_000_000:
            raise bad(f"{name[:64]}: the shape {shape} has too many empty rows.", "tensor_too_large")
        tensors[name] = nest(flat, shape)
        return used

    def _hold(self, name: str, datatype: str, shape: list) -> None:
        if self.inputs is None:
            return
        spec = self.inputs.get(name)
        if spec is None:
            raise bad(f"The model has no input {name[:64]}; it takes {', '.join(self.inputs)}.", "unknown_input")
        if spec["datatype"] != datatype:
            raise bad(f"Input {name} is {spec['datatype']}, not {datatype}.", "datatype_mismatch")
        if len(spec["shape"]) != len(shape) or any(want >= 0 and want != size for want, size in zip(spec["shape"], shape)):
            raise bad(f"Input {name} has the shape {shape}; the model takes {spec['shape']}.", "shape_mismatch")


def _elements_of(datatype: str) -> "set[type]":
    if datatype == "BOOL":
        return {bool}
    if datatype == "BYTES":
        return {str, bytes}
    return {int, float} if datatype.startswith(("FP", "BF")) else {int}


def _fits(shape: list, declared: list) -> bool:
    return len(shape) == len(declared) and all(want < 0 or want == size for want, size in zip(declared, shape)) or (not shape and declared == [1])


class InferAnswer:
    """How one request wants to be answered."""

    def __init__(self, request: dict, members: dict, declared: dict) -> None:
        self._id = request.get("id")
        self._name, self._version = members.get("model_name", ""), members.get("model_version")
        self._declared = declared
        self._binary = _parameters(request, "request").get("binary_data_output") is True
        outputs = request.get("outputs") or []
        if not isinstance(outputs, list) or any(not isinstance(o, dict) or not isinstance(o.get("name"), str) for o in outputs):
            raise bad("The entries of outputs are objects with a name.")
        self._wanted = {o["name"]: _parameters(o, "output").get("binary_data", self._binary) is True for o in outputs}
        if len(self._wanted) != len(outputs):
            raise bad("An output is asked for twice.")
        unknown = [name for name in self._wanted if declared and name not in declared]
        if unknown:
            raise bad(f"The model has no output {unknown[0][:64]}; it has {', '.join(declared)}.", "unknown_output")

    def of(self, value) -> Answer:
        """The model's answer as an infer response. Raises BadAnswer."""
        if not isinstance(value, dict):
            value = {next(iter(self._declared), "output"): value}
        wanted = self._wanted or dict.fromkeys(value, self._binary)
        outputs, blobs = [], []
        for name, binary in wanted.items():
            if name not in value:
                raise bad(f"The model has no output {name[:64]}; it has {', '.join(map(str, value))}.", "unknown_output")
            entry, blob = self._output(str(name), value[name], binary)
            outputs.append(entry)
            blobs.append(blob)
        answer = {"model_name": self._name}
        if self._version is not None:
            answer["model_version"] = self._version
        if self._id is not None:
            answer["id"] = self._id
        text = to_json({**answer, "outputs": outputs})
        if not any(wanted.values()):
            return Answer(text, "application/json")
        return Answer(text + b"".join(blobs), "application/octet-stream", extras={"json_length": len(text)})

    def _output(self, name: str, value, binary: bool) -> "tuple[dict, bytes]":
        plain = value.tolist() if hasattr(value, "tolist") else value
        flat, shape = flatten(plain, name)
        spec = self._declared.get(name)
        datatype = datatype_of(name, value, flat, spec["datatype"] if spec else None)
        if datatype == "BYTES" and not binary:
            flat = [_text(name, item) for item in flat]
        entry = {"name": name, "shape": shape or [1], "datatype": datatype}
        if not binary:
            return {**entry, "data": flat}, b""
        blob = pack(name, datatype, flat)
        return {**entry, "parameters": {"binary_data_size": len(blob)}}, blob


def _parameters(holder: dict, what: str) -> dict:
    parameters = holder.get("parameters", {})
    if not isinstance(parameters, dict):
        raise bad(f"The parameters of an {what} are an object.")
    return parameters


def _text(name: str, item) -> str:
    if isinstance(item, bytes):
        try:
            return str(item, "utf-8")
        except UnicodeDecodeError as exception:
            raise BadAnswer(f"The model's answer {name} has bytes that are no UTF-8; ask for it with binary_data.") from exception
    return str(item)
