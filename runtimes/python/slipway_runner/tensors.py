"""Tensors as nested lists: their datatypes, shapes, and the binary form of the Open Inference Protocol."""

import math
import struct

from slipway_runner.answers import BadAnswer, BadInput

MAX_RANK = 16

_INTEGERS = {f"{sign}INT{bits}": (-(1 << (bits - 1)) if not sign else 0, (1 << (bits - (not sign))) - 1)
             for sign in ("", "U") for bits in (8, 16, 32, 64)}
_CODES = {"BOOL": "?", "UINT8": "B", "UINT16": "H", "UINT32": "I", "UINT64": "Q", "INT8": "b", "INT16": "h", "INT32": "i", "INT64": "q",
          "FP16": "e", "FP32": "f", "FP64": "d"}
DATATYPES = (*_CODES, "BF16", "BYTES")
_NUMPY = {"bool": "BOOL", "float16": "FP16", "float32": "FP32", "float64": "FP64",
          **{name.lower(): name for name in _INTEGERS}}


def count_of(shape: "list[int]") -> int:
    return math.prod(shape)


def nest(flat: list, shape: "list[int]") -> list:
    """Row-major elements as lists in lists; a shape without dimensions is its one element."""
    if not shape:
        return flat[0]
    if not flat:
        return _empty(shape)
    for size in reversed(shape[1:]):
        flat = [flat[at:at + size] for at in range(0, len(flat), size)]
    return flat


def _empty(shape: "list[int]") -> list:
    """Some size is 0, so this ends there."""
    return [_empty(shape[1:]) for _ in range(shape[0])]


def flatten(value, name: str) -> "tuple[list, list[int]]":
    """Elements and shape of lists in lists, which must be rectangular: raises BadAnswer. Arrays and numbers of numpy inside them count as Python's."""
    shape, level = [], _plain([value])
    while level and isinstance(level[0], (list, tuple)):
        size = len(level[0])
        if any(not isinstance(item, (list, tuple)) or len(item) != size for item in level):
            raise BadAnswer(f"The model's answer {name} is no tensor: its lists differ in length.")
        shape.append(size)
        level = _plain([element for item in level for element in item])
    if any(isinstance(item, (list, tuple, dict)) for item in level):
        raise BadAnswer(f"The model's answer {name} is no tensor: its lists differ in depth, or hold objects.")
    return level, shape


def _plain(level: list) -> list:
    return [item.tolist() if hasattr(item, "tolist") else item for item in level] if any(hasattr(kind, "tolist") for kind in set(map(type, level))) else level


def elements(name: str, datatype: str, shape: "list[int]", data) -> list:
    """The elements of an input's `data`, nested or flat: raises BadInput."""
    flat = data if isinstance(data, list) else [data]
    if len(shape) > 1 and any(isinstance(item, list) for item in flat):
        for depth, size in enumerate(shape):
            if depth:
                if any(not isinstance(item, list) for item in flat):
                    raise mismatch(f"{name}: the data are neither flat nor nested as the shape {shape} says.")
                if any(len(item) != size for item in flat):
                    raise mismatch(f"{name}: a list has another length than the {size} that the shape {shape} says.")
                flat = [element for item in flat for element in item]
            elif len(flat) != size:
                raise mismatch(f"{name}: the list has {len(flat)} entries; {size} are expected.")
    if len(flat) != count_of(shape):
        raise mismatch(f"{name}: the shape {shape} has {count_of(shape)} elements; there are {len(flat)}.")
    _check(name, datatype, flat)
    return flat


def _check(name: str, datatype: str, flat: list) -> None:
    kinds = set(map(type, flat))
    if datatype in _INTEGERS:
        least, most = _INTEGERS[datatype]
        good = kinds <= {int} and (not flat or (min(flat) >= least and max(flat) <= most))
    elif datatype == "BOOL":
        good = kinds <= {bool}
    elif datatype == "BYTES":
        good = kinds <= {str}
    else:
        good = kinds <= {int, float} and _fits(datatype, flat)
    if not good:
        raise mismatch(f"{name}: an element is not a {datatype}, or does not fit it.")


def _fits(datatype: str, flat: list) -> bool:
    most = {"FP16": 65504.0, "FP32": 3.4028235677973366e38, "BF16": 3.3895313892515355e38}.get(datatype, math.inf)
    try:
        return all(math.isfinite(value) and abs(value) <= most for value in map(float, flat))
    except OverflowError:
        return False


def mismatch(message: str) -> BadInput:
    return BadInput(message, "data_mismatch")


def unpack(name: str, datatype: str, shape: "list[int]", data: bytes) -> list:
    """Elements in the binary form: little-endian; an element of BYTES is a u32 length and UTF-8."""
    count = count_of(shape)
    if datatype == "BYTES":
        flat, at = [], 0
        try:
            while at < len(data):
                size = struct.unpack_from("<I", data, at)[0]
                if at + 4 + size > len(data):
                    raise mismatch(f"{name}: element {len(flat)} of BYTES ends behind the data.")
                flat.append(str(data[at + 4:at + 4 + size], "utf-8"))
                at += 4 + size
        except (struct.error, UnicodeDecodeError):
            raise mismatch(f"{name}: element {len(flat)} of BYTES is cut off, or no UTF-8.") from None
        if len(flat) != count:
            raise mismatch(f"{name}: the shape has {count} elements of BYTES; the data have {len(flat)}.")
        return flat
    size = 2 if datatype == "BF16" else struct.calcsize(_CODES[datatype])
    if len(data) != count * size:
        raise mismatch(f"{name}: {count} elements of {datatype} have {count * size} bytes; binary_data_size is {len(data)}.")
    if datatype == "BF16":   # the upper half of an FP32
        return list(struct.unpack(f"<{count}f", b"".join(b"\0\0" + data[at:at + 2] for at in range(0, len(data), 2))))
    if datatype == "BOOL" and data.translate(None, b"\0\1"):
        raise mismatch(f"{name}: a BOOL is a byte 0 or 1.")
    return list(struct.unpack(f"<{count}{_CODES[datatype]}", data))


def pack(name: str, datatype: str, flat: list) -> bytes:
    """The binary form of an answer's elements."""
    try:
        if datatype == "BYTES":
            texts = [item if isinstance(item, bytes) else str(item).encode() for item in flat]
            return b"".join(struct.pack("<I", len(text)) + text for text in texts)
        if datatype == "BF16":
            return b"".join(struct.pack("<f", item)[2:] for item in flat)
        return struct.pack(f"<{len(flat)}{_CODES[datatype]}", *flat)
    except (struct.error, OverflowError, UnicodeEncodeError, ValueError) as exception:
        raise BadAnswer(f"The model's answer {name} does not fit {datatype}: {exception}.") from exception


def datatype_of(name: str, value, flat: list, declared: "str | None") -> str:
    """What a signature says, else what an array of numpy is, else what the elements are."""
    if declared is not None:
        return declared
    found = _NUMPY.get(str(getattr(value, "dtype", "")))
    if found is not None:
        return found
    kinds = set(map(type, flat))
    if kinds <= {bool} and flat:
        return "BOOL"
    if kinds <= {int} and flat:
        return "INT64"
    if kinds <= {int, float}:
        return "FP64"
    if kinds <= {str, bytes}:
        return "BYTES"
    raise BadAnswer(f"The model's answer {name} is no tensor: its elements are not all numbers, booleans or texts.")
