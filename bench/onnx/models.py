"""Writes the models of onnx-vs-node: iris.onnx (4 features, linear), mlp.onnx (64 to 512 to 512 to 10), cnn.onnx (28x28, two small convolutions), convnet.onnx (28x28, that of Keras'
MNIST example). Weights are random and the same each time.

Usage: models.py FOLDER
"""

import pathlib
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


def main() -> None:
    folder = pathlib.Path(sys.argv[1])
    rng = np.random.default_rng(7)
    dense(folder / "iris.onnx", [4, 3], rng)
    dense(folder / "mlp.onnx", [64, 512, 512, 10], rng)
    cnn(folder / "cnn.onnx", rng)
    convnet(folder / "convnet.onnx", rng)


def dense(path: pathlib.Path, sizes: list[int], rng) -> None:
    """Layers of Gemm and Relu, then Softmax; the first dimension is free."""
    nodes, weights, x = [], [], "x"
    for i, (rows, columns) in enumerate(zip(sizes, sizes[1:])):
        weights += [weight(f"w{i}", rng.normal(0, rows**-0.5, (rows, columns))), weight(f"b{i}", np.zeros(columns))]
        last = i == len(sizes) - 2
        nodes.append(helper.make_node("Gemm", [x, f"w{i}", f"b{i}"], [f"g{i}"]))
        x = f"g{i}"
        if not last:
            nodes.append(helper.make_node("Relu", [x], [f"r{i}"]))
            x = f"r{i}"
    nodes.append(helper.make_node("Softmax", [x], ["y"], axis=1))
    save(path, nodes, weights, ["n", sizes[0]], ["n", sizes[-1]])


def cnn(path: pathlib.Path, rng) -> None:
    """Two convolutions with pooling and one dense layer, for pictures of 28x28."""
    weights = [
        weight("c1", rng.normal(0, 0.3, (8, 1, 3, 3))), weight("c2", rng.normal(0, 0.1, (16, 8, 3, 3))),
        weight("w", rng.normal(0, 0.05, (16 * 7 * 7, 10))), weight("b", np.zeros(10)),
    ]
    pool = {"kernel_shape": [2, 2], "strides": [2, 2]}
    nodes = [
        helper.make_node("Conv", ["x", "c1"], ["a1"], pads=[1, 1, 1, 1]), helper.make_node("Relu", ["a1"], ["r1"]), helper.make_node("MaxPool", ["r1"], ["p1"], **pool),
        helper.make_node("Conv", ["p1", "c2"], ["a2"], pads=[1, 1, 1, 1]), helper.make_node("Relu", ["a2"], ["r2"]), helper.make_node("MaxPool", ["r2"], ["p2"], **pool),
        helper.make_node("Flatten", ["p2"], ["f"]), helper.make_node("Gemm", ["f", "w", "b"], ["g"]), helper.make_node("Softmax", ["g"], ["y"], axis=1),
    ]
    save(path, nodes, weights, ["n", 1, 28, 28], ["n", 10])


def convnet(path: pathlib.Path, rng) -> None:
    """What people train on handwritten digits: 32 and 64 filters of 3x3, pooling after each, one dense layer (keras.io/examples/vision/mnist_convnet)."""
    weights = [
        weight("c1", rng.normal(0, 0.3, (32, 1, 3, 3))), weight("c2", rng.normal(0, 0.06, (64, 32, 3, 3))),
        weight("w", rng.normal(0, 0.02, (1600, 10))), weight("b", np.zeros(10)),
    ]
    pool = {"kernel_shape": [2, 2], "strides": [2, 2]}
    nodes = [
        helper.make_node("Conv", ["x", "c1"], ["a1"]), helper.make_node("Relu", ["a1"], ["r1"]), helper.make_node("MaxPool", ["r1"], ["p1"], **pool),
        helper.make_node("Conv", ["p1", "c2"], ["a2"]), helper.make_node("Relu", ["a2"], ["r2"]), helper.make_node("MaxPool", ["r2"], ["p2"], **pool),
        helper.make_node("Flatten", ["p2"], ["f"]), helper.make_node("Gemm", ["f", "w", "b"], ["g"]), helper.make_node("Softmax", ["g"], ["y"], axis=1),
    ]
    save(path, nodes, weights, ["n", 1, 28, 28], ["n", 10])


def weight(name: str, values):
    return numpy_helper.from_array(np.asarray(values, np.float32), name)


def save(path, nodes, weights, shape, out) -> None:
    graph = helper.make_graph(
        nodes, path.stem, [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)], [helper.make_tensor_value_info("y", TensorProto.FLOAT, out)], weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.checker.check_model(model)
    onnx.save(model, str(path))


if __name__ == "__main__":
    main()
