"""Open Inference and MLflow's scoring bodies, for packages that take them."""

import json
import os
import random
import struct
import unittest

from driver import Refused, ReplicaTest

ECHO = "def predict(tensors):\n    return tensors\n"
SIGNATURE = {"inputs": [{"name": "x", "datatype": "FP32", "shape": [-1, 2]}], "outputs": [{"name": "y", "datatype": "FP32", "shape": [-1]}]}
SUM = "def predict(tensors):\n    return [sum(row) for row in tensors['x']]\n"
ESTIMATOR = """
class Columns:
    n_features_in_ = 2
    feature_names_in_ = ["a", "b"]
    def predict(self, rows):
        return [10.0 * a + b for a, b in rows]
"""


class Dialects(ReplicaTest):
    def given_tensors(self, text, config=None, **options):
        return self.given_replica({"m.py": text}, {"kind": "file", "module": "m.py", "config": config or {"model_type": "tensors"}}, **options)

    def infer(self, replica, body, **members):
        extras = {"dialect": "open_inference", "model_name": "m", "model_version": "3", **members}
        return replica.gateway.answer(replica.gateway.ask(body, extras=extras, content_type=2 if isinstance(body, bytes) else 1))

    def refused(self, replica, body, **members):
        with self.assertRaises(Refused) as refused:
            self.infer(replica, body, **members)
        return refused.exception

    def given_input(self, datatype, shape, data, name="x"):
        return {"inputs": [{"name": name, "datatype": datatype, "shape": shape, "data": data}]}

    def test_every_datatype_comes_nested_or_flat_and_goes_back(self):
        replica = self.given_tensors(ECHO)
        cases = {"BOOL": ([True, False], "BOOL"), "BYTES": (["ä", ""], "BYTES"), "FP16": ([0.5, -2], "FP64"), "FP32": ([0.5, 2.25], "FP64"),
                 "FP64": ([1e300, 0.1], "FP64"), "BF16": ([1.0, 2.0], "FP64"), **{f"INT{b}": ([-(1 << (b - 1)), (1 << (b - 1)) - 1], "INT64") for b in (8, 16, 32, 64)},
                 **{f"UINT{b}": ([0, (1 << min(b, 63)) - 1], "INT64") for b in (8, 16, 32, 64)}}
        for datatype, (data, answered) in cases.items():
            for shape, nested in (([2], data), ([2, 1], [[item] for item in data]), ([2, 1], data), ([1, 2, 1], [[[item] for item in data]])):
                answer = json.loads(self.infer(replica, {"id": "7", **self.given_input(datatype, shape, nested)}).body)
                self.assertEqual({"model_name": "m", "model_version": "3", "id": "7",
                                  "outputs": [{"name": "x", "shape": shape, "datatype": answered, "data": data}]}, answer)

    def test_binary_tensors_in_and_out(self):
        replica = self.given_tensors(ECHO)
        for datatype, blob, answered in (("FP32", struct.pack("<2f", 1.5, -2), struct.pack("<2d", 1.5, -2)), ("INT64", struct.pack("<2q", 1, -2), None),
                                         ("BYTES", struct.pack("<I1sI0s", 1, b"a", 0, b""), None), ("BOOL", b"\1\0", None), ("BF16", b"\x80\x3f\0\xc0", struct.pack("<2d", 1, -2)),
                                         ("FP16", struct.pack("<2e", 1.5, -2), struct.pack("<2d", 1.5, -2))):
            head = json.dumps({"inputs": [{"name": "x", "datatype": datatype, "shape": [2], "parameters": {"binary_data_size": len(blob)}}],
                               "parameters": {"binary_data_output": True}}).encode()
            answer = self.infer(replica, head + blob, json_length=len(head))
            self.assertEqual("application/octet-stream", answer.content_type)
            length = answer.extras["json_length"]
            self.assertEqual(blob if answered is None else answered, answer.body[length:])
            self.assertEqual(len(answer.body) - length, json.loads(answer.body[:length])["outputs"][0]["parameters"]["binary_data_size"])

    def test_an_answer_that_breaks_the_declared_signature_is_the_models_fault_in_every_dialect(self):
        outputs = [{"name": "y", "datatype": "FP32", "shape": [-1]}, {"name": "label", "datatype": "BYTES", "shape": [1]}]
        good = {"y": [1.0, 2], "label": "a"}
        replica = self.given_tensors("def predict(x):\n    return x\n", {"signature": {"inputs": SIGNATURE["inputs"], "outputs": outputs}})
        self.assertEqual(good, replica.gateway.predict(good))
        self.assertEqual({"y": 3, "label": ["a"]}, replica.gateway.predict({"y": 3, "label": ["a"]}))   # one row, without its batch
        for broken, what in (({"y": [1.0]}, "no label"), ({"y": ["one"], "label": "a"}, "not FP32"), ({"y": [[1.0]], "label": "a"}, "shape [1, 1]"),
                             ({"y": [1.0], "label": ["a", "b"]}, "shape [2]"), ({"y": [True], "label": "a"}, "not FP32"), ([1.0], "an object"), (None, "an object")):
            with self.assertRaises(Refused) as refused:
                replica.gateway.predict(broken)
            self.assertEqual((502, 1, "bad_answer"), (refused.exception.status, refused.exception.source, refused.exception.code))
            self.assertIn(what, str(refused.exception))
        replica = self.given_tensors("def predict(tensors):\n    return {'y': [['no']]}\n", {"signature": SIGNATURE})
        refused = self.refused(replica, self.given_input("FP32", [1, 2], [1, 2]))
        self.assertEqual((502, "bad_answer"), (refused.status, refused.code))

    def test_a_signature_names_the_only_output_and_its_datatype(self):
        replica = self.given_tensors(SUM, {"signature": SIGNATURE})
        answer = json.loads(self.infer(replica, self.given_input("FP32", [2, 2], [[1, 2], [3, 4]])).body)
        self.assertEqual([{"name": "y", "shape": [2], "datatype": "FP32", "data": [3, 7]}], answer["outputs"])

    def test_what_does_not_fit_is_refused_with_its_own_code(self):
        replica = self.given_tensors(SUM, {"signature": SIGNATURE})
        good = {"name": "x", "datatype": "FP32", "shape": [1, 2], "data": [1, 2]}
        for code, body in (
                ("malformed_json", b"{"), ("malformed_json", b"[1"), ("malformed_json", b'{"inputs": [NaN]}'), ("malformed_json", b"\xff"), ("malformed_request", []), ("malformed_request", {}),
                ("malformed_request", {"inputs": [1]}), ("malformed_request", {"inputs": [good, good]}), ("malformed_request", {"inputs": [{**good, "name": 1}]}),
                ("malformed_request", {"inputs": [{**good, "shape": [-1, 2]}]}), ("malformed_request", {"inputs": [good], "id": 7}), ("malformed_request", {"inputs": [good], "parameters": 3}),
                ("malformed_request", {"inputs": [good], "outputs": [1]}), ("malformed_request", {"inputs": [{**good, "parameters": {"binary_data_size": 8}}]}),
                ("missing_input", {"inputs": []}), ("unknown_input", {"inputs": [{**good, "name": "z"}]}), ("unknown_output", {"inputs": [good], "outputs": [{"name": "z"}]}),
                ("datatype_mismatch", {"inputs": [{**good, "datatype": "FP64"}]}), ("datatype_mismatch", {"inputs": [{**good, "datatype": []}]}),
                ("shape_mismatch", {"inputs": [{**good, "shape": [2]}]}), ("shape_mismatch", {"inputs": [{**good, "shape": [1, 3], "data": [1, 2, 3]}]}),
                ("data_mismatch", {"inputs": [{**good, "data": [1, 2, 3]}]}), ("data_mismatch", {"inputs": [{**good, "data": [[1, 2, 3]]}]}),
                ("data_mismatch", {"inputs": [{**good, "data": [[1], [2]]}]}), ("data_mismatch", {"inputs": [{**good, "data": ["1", 2]}]}),
                ("data_mismatch", {"inputs": [{**good, "data": [True, 2]}]}), ("data_mismatch", {"inputs": [{**good, "data": [None, 2]}]}),
                ("data_mismatch", {"inputs": [{**good, "data": [1e39, 2]}]}), ("data_mismatch", {"inputs": [{**good, "data": {}}]}), ("data_mismatch", {"inputs": [{**good, "data": [10 ** 400, 2]}]})):
            refused = self.refused(replica, body)
            self.assertEqual((400, 0, 0, code), (refused.status, refused.source, refused.begun, refused.code), body)
        huge = self.given_tensors(ECHO)
        self.assertEqual("tensor_too_large", self.refused(huge, self.given_input("FP32", [1 << 40, 0], [])).code)
        self.assertEqual("data_mismatch", self.refused(huge, self.given_input("FP32", [1 << 40, 1 << 40], [])).code)
        self.assertEqual("data_mismatch", self.refused(huge, b'{"inputs": []}x', json_length=14).code)
        self.assertEqual("malformed_request", self.refused(huge, b"{}", json_length=3).code)

    def test_answers_that_are_no_tensors_are_bad_answers(self):
        for returned in ("[[1], [2, 3]]", "[1, [2]]", "{'y': {}}", "object()", "[1, 'a']", "float('nan')", "[None]"):
            refused = self.refused(self.given_tensors(f"def predict(t):\n    return {returned}\n"), self.given_input("FP32", [1], [1]))
            self.assertEqual((502, "bad_answer", 1), (refused.status, refused.code, refused.source), returned)

    def test_chosen_outputs_come_in_their_order(self):
        replica = self.given_tensors("def predict(t):\n    return {'a': 1, 'b': [[True]], 'c': 'z'}\n")
        body = self.given_input("FP32", [1], [1])
        answer = json.loads(self.infer(replica, {**body, "outputs": [{"name": "c"}, {"name": "a"}]}).body)
        self.assertEqual([{"name": "c", "shape": [1], "datatype": "BYTES", "data": ["z"]}, {"name": "a", "shape": [1], "datatype": "INT64", "data": [1]}], answer["outputs"])
        self.assertEqual("unknown_output", self.refused(replica, {**body, "outputs": [{"name": "d"}]}).code)

    def test_batches_streams_and_long_answers(self):
        batching = self.given_replica({"m.py": "def predict(all):\n    return [{'n': t['x'][0] + 1} for t in all]\n"},
                                      {"kind": "file", "module": "m.py", "batch": True, "config": {"model_type": "tensors"}})
        asked = [batching.gateway.ask(self.given_input("INT32", [1], [n]), extras={"dialect": "open_inference"}) for n in range(20)]
        self.assertEqual(list(range(1, 21)), [json.loads(batching.gateway.answer(a).body)["outputs"][0]["data"][0] for a in asked])
        stream = self.given_tensors("def predict(t):\n    yield 1\n")
        self.assertEqual((415, "not_supported"), (lambda r: (r.status, r.code))(self.refused(stream, self.given_input("FP32", [1], [1]))))
        long = self.given_tensors("def predict(t):\n    return {'y': [0.5] * 100_000}\n")
        answer = self.infer(long, {**self.given_input("FP32", [1], [1]), "parameters": {"binary_data_output": True}})
        self.assertEqual(800_000, len(answer.body) - answer.extras["json_length"])

    def test_a_package_without_tensors_is_not_reached(self):
        refused = self.refused(self.given_file(ECHO), self.given_input("FP32", [1], [1]))
        self.assertEqual((415, "not_supported"), (refused.status, refused.code))

    def test_random_requests_are_answered_or_refused(self):
        seed = random.randrange(1 << 30)
        chance = random.Random(seed)
        replica = self.given_tensors(ECHO)
        values = [0, 1, -1, 1.5, True, None, "a", [], [1], [[1], [2]], {}, {"binary_data_size": 4}, "FP32", "BYTES", [2], [2, 1], 1 << 70, [0], "x"]
        for _ in range(2000):
            entry = {"name": "x", "datatype": "FP32", "shape": [1], "data": [1]}
            for _ in range(chance.randrange(4)):
                entry[chance.choice(["name", "datatype", "shape", "data", "parameters"])] = chance.choice(values)
            body = {"inputs": [entry]}
            if chance.random() < 0.2:
                body[chance.choice(["inputs", "outputs", "id", "parameters"])] = chance.choice(values)
            try:
                self.assertEqual(200, self.infer(replica, body, **({"json_length": chance.randrange(9)} if chance.random() < 0.1 else {})).status)
            except Refused as refused:
                self.assertEqual((400, 0), (refused.status, refused.source), (seed, body, str(refused)))


class Scoring(ReplicaTest):
    def test_every_scoring_body_is_answered_with_predictions(self):
        replica = self.given_estimator()
        for body in ({"dataframe_split": {"columns": ["a", "b"], "data": [[1, 2], [3, 4]]}}, {"dataframe_split": {"columns": ["b", "a"], "data": [[2, 1], [4, 3]], "index": [0, 1]}},
                     {"dataframe_split": {"data": [[1, 2], [3, 4]]}}, {"dataframe_records": [{"b": 2, "a": 1}, {"a": 3, "b": 4}]}, {"instances": [[1, 2], [3, 4]]},
                     {"instances": [{"a": 1, "b": 2}, {"b": 4, "a": 3}]}, {"inputs": [[1, 2], [3, 4]]}, {"inputs": {"b": [2, 4], "a": [1, 3]}, "params": {}}):
            answer = replica.gateway.predict(body, extras={"dialect": "mlflow"})
            self.assertEqual([12, 34], [round(value, 6) for value in answer["predictions"]], body)
        self.assertEqual([12], [round(value, 6) for value in replica.gateway.predict([1, 2], extras={"dialect": "mlflow"})])
        self.assertEqual([12], [round(value, 6) for value in replica.gateway.predict({"inputs": [1, 2]})])

    def test_scoring_bodies_that_do_not_fit_are_bad_input(self):
        replica = self.given_estimator()
        for body in ({"dataframe_split": 1}, {"dataframe_split": {"columns": ["a"], "data": [[1, 2]]}}, {"dataframe_split": {"columns": ["a", "c"], "data": [[1, 2]]}},
                     {"dataframe_records": []}, {"dataframe_records": [{"a": 1}]}, {"dataframe_records": [{"a": 1, "b": 2}, {"a": 1}]}, {"dataframe_records": [1]},
                     {"instances": []}, {"instances": 5}, {"inputs": {"a": [1], "b": [1, 2]}}, {"inputs": {}}, {"inputs": [[1, 2]], "instances": [[1, 2]]}):
            with self.assertRaises(Refused) as refused:
                replica.gateway.predict(body, extras={"dialect": "mlflow"})
            self.assertEqual((400, "bad_input"), (refused.exception.status, refused.exception.code), body)

    def test_an_estimator_that_declares_tensors_takes_one(self):
        replica = self.given_estimator({"signature": {"inputs": [{"name": "rows", "datatype": "FP64", "shape": [-1, 2]}]}})
        body = {"inputs": [{"name": "rows", "datatype": "FP64", "shape": [2, 2], "data": [1, 2, 3, 4]}]}
        output = replica.gateway.predict(body, extras={"dialect": "open_inference"})["outputs"][0]
        self.assertEqual(("output", [2], "FP64", [12, 34]), (output["name"], output["shape"], output["datatype"], [round(v, 6) for v in output["data"]]))

    def given_estimator(self, config=None):
        site = os.path.join(self.root, "site")
        os.makedirs(site)
        with open(os.path.join(site, "columns.py"), "w") as file:
            file.write(ESTIMATOR)
        return self.given_replica({"m.pkl": b"ccolumns\nColumns\n)R."}, {"kind": "estimator", "module": "m.pkl", "config": config or {}}, site_packages=[site])


if __name__ == "__main__":
    unittest.main()
