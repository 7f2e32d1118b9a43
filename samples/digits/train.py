"""Trains on scikit-learn's handwritten digits and writes data/digits.onnx, and data/expected.json for the test that compares the two.

    python3 train.py

Needs scikit-learn 1.2 or newer and the package onnx 1.12 or newer (Debian: python3-sklearn, python3-onnx). The exported graph is written out by hand with onnx's
helper: it is short enough to read.
"""

import json
import pathlib

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

WHITE = 16.0
"""Brightness of a fully inked pixel."""


def train():
    digits = load_digits()
    images, labels = (digits.data / WHITE).astype(np.float32), digits.target
    train_images, test_images, train_labels, test_labels = train_test_split(images, labels, test_size=0.2, random_state=7, stratify=labels)
    model = MLPClassifier(hidden_layer_sizes=(64, 32), alpha=1e-3, max_iter=500, random_state=7)
    model.fit(train_images, train_labels)
    return model, model.score(test_images, test_labels), digits.data[::20].astype(np.float32)


def export(model, accuracy):
    """image [batch, 64] -> scaled -> Gemm, Relu, … -> Softmax -> probabilities [batch, 10], digit [batch]."""
    nodes = [helper.make_node("Div", ["image", "white"], ["layer0"])]
    weights = [numpy_helper.from_array(np.array(WHITE, np.float32), "white")]
    last = len(model.coefs_)
    for i, (coefficients, intercepts) in enumerate(zip(model.coefs_, model.intercepts_), 1):
        weights.append(numpy_helper.from_array(coefficients.astype(np.float32), f"weights{i}"))
        weights.append(numpy_helper.from_array(intercepts.astype(np.float32), f"bias{i}"))
        before = f"layer{i - 1}"
        nodes.append(helper.make_node("Gemm", [before, f"weights{i}", f"bias{i}"], [f"sum{i}"]))
        if i < last:
            nodes.append(helper.make_node("Relu", [f"sum{i}"], [f"layer{i}"]))
    nodes.append(helper.make_node("Softmax", [f"sum{last}"], ["probabilities"], axis=1))
    nodes.append(helper.make_node("ArgMax", ["probabilities"], ["digit"], axis=1, keepdims=0))
    graph = helper.make_graph(
        nodes, "digits",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["batch", 64])],
        [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["batch", 10]),
         helper.make_tensor_value_info("digit", TensorProto.INT64, ["batch"])],
        weights)
    exported = helper.make_model(
        graph, producer_name="slipway-samples", producer_version="1", ir_version=8, opset_imports=[helper.make_opsetid("", 15)], model_version=1,
        doc_string="Reads one handwritten digit from 8 by 8 pixels.")
    helper.set_model_props(exported, {"data": "scikit-learn load_digits", "accuracy": f"{accuracy:.4f}", "input": "64 pixels, row by row, 0 (paper) to 16 (ink)"})
    onnx.checker.check_model(exported)
    return exported


def main() -> None:
    model, accuracy, images = train()
    folder = pathlib.Path(__file__).with_name("data")
    folder.mkdir(exist_ok=True)
    onnx.save(export(model, accuracy), str(folder / "digits.onnx"))
    expected = {"image": images.astype(int).tolist(), "probabilities": np.round(model.predict_proba(images / WHITE), 7).tolist()}
    (folder / "expected.json").write_text(json.dumps(expected) + "\n")
    print(f"accuracy {accuracy:.3f} on images that it was not trained on; wrote {folder / 'digits.onnx'}")


if __name__ == "__main__":
    main()
