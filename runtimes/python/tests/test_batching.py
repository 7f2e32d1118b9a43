"""Natural batching: what waits goes into one call, a batch equals its rows one by one, a bad row fails alone."""

import json
import os
import pickle
import random
import unittest

from driver import Refused, ReplicaTest, pack_predict, wait_until
from slipway_runner.batching import BatchSize

GATED = """
import os, time
class Model:
    sizes = []
    def predict(self, batch):
        if batch == ["hold"]:
            while not os.path.exists("go"):
                time.sleep(0.005)
            return ["held"]
        Model.sizes.append(len(batch))
        if batch == ["sizes"]:
            return [Model.sizes]
        if None in batch:
            raise ValueError("a bad row")
        if "short" in batch:
            return [0]  if len(batch) == 1 else [0] * (len(batch) - 1)
        return [2 * x for x in batch]
"""

ESTIMATOR = """
class Linear:
    n_features_in_ = 3
    def predict(self, rows):
        print("rows", len(rows))
        return [0.1 * a + 0.2 * b - 0.3 * c for a, b, c in rows]
"""


class Batches(ReplicaTest):
    def ask_together(self, replica, values):
        """Requests that all wait while the model is held in a call; returns their answers or refusals, in order."""
        gateway = replica.gateway
        held = gateway.ask("hold")
        wait_until(lambda: replica.control.ping()["in_flight"])
        asked = [gateway.ask(value) for value in values]
        with open(os.path.join(replica.path, "go"), "w"):
            pass
        self.assertEqual(b'"held"', gateway.answer(held).body)
        os.unlink(os.path.join(replica.path, "go"))
        found = []
        for request in asked:
            try:
                found.append(json.loads(gateway.answer(request).body))
            except Refused as refused:
                found.append(refused.code)
        return found

    def sizes(self, replica):
        return replica.gateway.predict("sizes")

    def test_everything_that_waits_goes_into_one_call(self):
        replica = self.given_truss(GATED, batch=True)
        self.assertEqual([2 * n for n in range(20)], self.ask_together(replica, range(20)))
        self.assertEqual([20, 1], self.sizes(replica))
        self.assertEqual({"batch": True, "max_batch": 64, "concurrency": 1},
                         {name: replica.loaded[name] for name in ("batch", "max_batch", "concurrency")})

    def test_no_call_is_larger_than_max_batch(self):
        replica = self.given_truss(GATED, batch=True, max_batch=8)
        self.assertEqual([2 * n for n in range(20)], self.ask_together(replica, range(20)))
        self.assertLessEqual(max(self.sizes(replica)), 8)

    def test_a_bad_row_fails_alone(self):
        replica = self.given_truss(GATED, batch=True)
        self.assertEqual([2, "model_error", 6, "model_error", 10], self.ask_together(replica, [1, None, 3, None, 5]))
        self.assertEqual(2, replica.log().count("ValueError: a bad row"))
        self.assertNotIn("slipway_runner", replica.log())

    def test_a_list_of_the_wrong_length_is_asked_again_row_by_row(self):
        replica = self.given_truss(GATED, batch=True)
        self.assertEqual([2, 0, 6], self.ask_together(replica, [1, "short", 3]))

    def test_a_body_that_is_not_json_does_not_reach_the_batch(self):
        replica = self.given_truss(GATED, batch=True)
        self.assertEqual([2, "bad_input", 6], self.ask_together(replica, [1, b"{", 3]))
        self.assertEqual(2, self.sizes(replica)[0])

    def test_an_answer_that_cannot_be_written_fails_alone(self):
        replica = self.given_truss("import math\nclass Model:\n    def predict(self, batch):\n        return [math.log(x) if x else math.nan for x in batch]\n",
                                   batch=True)
        asked = [replica.gateway.ask(value) for value in (1, 0, 1)]
        self.assertEqual(b"0.0", replica.gateway.answer(asked[0]).body)
        self.assertEqual(b"0.0", replica.gateway.answer(asked[2]).body)
        with self.assertRaises(Refused) as refused:
            replica.gateway.answer(asked[1])
        self.assertEqual("bad_answer", refused.exception.code)

    def test_what_is_not_a_list_is_a_bad_answer(self):
        replica = self.given_truss("class Model:\n    def predict(self, batch):\n        return {'a': 1}\n", batch=True)
        with self.assertRaises(Refused) as refused:
            replica.gateway.predict(1)
        self.assertEqual("bad_answer", refused.exception.code)
        self.assertIn("a list with one answer per input", refused.exception.message)

    def test_pre_and_postprocess_run_per_request(self):
        replica = self.given_truss("""
class Model:
    def preprocess(self, x):
        return x["n"]
    def predict(self, batch):
        return [-n for n in batch]
    def postprocess(self, n):
        return {"minus": n}
""", batch=True)
        asked = [replica.gateway.ask({"n": 1}), replica.gateway.ask({}), replica.gateway.ask({"n": 3})]
        self.assertEqual(b'{"minus":-1}', replica.gateway.answer(asked[0]).body)
        self.assertEqual(b'{"minus":-3}', replica.gateway.answer(asked[2]).body)
        with self.assertRaises(Refused) as refused:
            replica.gateway.answer(asked[1])
        self.assertIn("KeyError", refused.exception.message)

    def test_an_asynchronous_predict_batches_too(self):
        replica = self.given_truss("""
import asyncio
class Model:
    async def predict(self, batch):
        await asyncio.sleep(0.1)
        if None in batch:
            raise ValueError
        return [[len(batch), x] for x in batch]
""", batch=True)
        gateway = replica.gateway
        first = gateway.ask(0)
        wait_until(lambda: replica.control.ping()["in_flight"])
        asked = [gateway.ask(value) for value in (1, 2, 3)]
        self.assertEqual([1, 0], json.loads(gateway.answer(first).body))
        self.assertEqual([[3, 1], [3, 2], [3, 3]], [json.loads(gateway.answer(request).body) for request in asked])
        asked = [gateway.ask(value) for value in (0, 1, None, 3)]
        outcomes = []
        for request in asked:
            try:
                outcomes.append(json.loads(gateway.answer(request).body)[1])
            except Refused as refused:
                outcomes.append(refused.code)
        self.assertEqual([0, 1, "model_error", 3], outcomes)

    def test_requests_that_were_cancelled_while_they_waited_are_left_out(self):
        replica = self.given_truss(GATED, batch=True)
        gateway = replica.gateway
        held = gateway.ask("hold")
        wait_until(lambda: replica.control.ping()["in_flight"])
        asked = [gateway.ask(value) for value in (1, 2, 3)]
        gateway.cancel(asked[1])
        with self.assertRaises(Refused) as refused:
            gateway.answer(asked[1])
        self.assertEqual(("cancelled", 0), (refused.exception.code, refused.exception.begun))
        with open(os.path.join(replica.path, "go"), "w"):
            pass
        gateway.answer(held)
        self.assertEqual([b"2", b"6"], [gateway.answer(asked[0]).body, gateway.answer(asked[2]).body])
        self.assertEqual([2, 1], self.sizes(replica))


class Estimators(ReplicaTest):
    def given_estimator(self):
        site = os.path.join(self.root, "site")
        os.makedirs(site)
        with open(os.path.join(site, "linear.py"), "w") as file:
            file.write(ESTIMATOR)
        pickled = b"clinear\nLinear\n)R."    # an instance of linear.Linear, in the first pickle protocol
        return self.given_replica({"model.pkl": pickled}, {"kind": "estimator", "module": "model.pkl"}, site_packages=[site])

    def test_one_row_several_rows_and_inputs(self):
        replica = self.given_estimator()
        self.assertTrue(replica.loaded["batch"])
        for body, rows in (([1, 2, 3], 1), ([[1, 2, 3]], 1), ([[1, 2, 3], [1, 2, 3]], 2), ({"inputs": [1, 2, 3]}, 1), ({"inputs": [[1, 2, 3]] * 3}, 3)):
            with self.subTest(body):
                answer = replica.gateway.predict(body)
                self.assertEqual(rows, len(answer))
                self.assertAlmostEqual(-0.4, answer[0], delta=1e-6)

    def test_requests_of_one_and_of_several_rows_share_a_call_and_equal_their_rows_one_by_one(self):
        replica = self.given_estimator()
        source = random.Random(20261122)
        bodies = [[[source.uniform(-5, 5) for _ in range(3)] for _ in range(source.choice((1, 1, 2, 5)))] for _ in range(32)]
        alone = [replica.gateway.predict(body) for body in bodies]
        gateway, begin = replica.gateway, len(replica.log().splitlines())
        first = gateway.next_id
        gateway.next_id += len(bodies)
        gateway.send(b"".join(pack_predict(first + index, json.dumps(body).encode()) for index, body in enumerate(bodies)))
        for index, expected in enumerate(alone):
            found = json.loads(gateway.answer(first + index).body)
            self.assertEqual(len(expected), len(found))
            for one, value in zip(expected, found):
                self.assertAlmostEqual(one, value, delta=1e-6)
        self.assertLess(len(replica.log().splitlines()) - begin, len(bodies))

    def test_a_body_that_no_estimator_takes_is_bad_input(self):
        replica = self.given_estimator()
        for body in (1, None, [], {}, {"inputs": []}, "text", [1, 2], [[1, 2, 3], [1, 2]], [[1, 2, 3], 4]):
            with self.subTest(body):
                with self.assertRaises(Refused) as refused:
                    replica.gateway.predict(body)
                self.assertEqual((400, "bad_input", 0), (refused.exception.status, refused.exception.code, refused.exception.begun))
        with self.assertRaises(Refused) as refused:
            replica.gateway.predict(b"\0", content_type=2)
        self.assertEqual("not_supported", refused.exception.code)

    def test_a_bad_row_of_one_request_fails_that_request_only(self):
        replica = self.given_estimator()
        gateway = replica.gateway
        first = gateway.next_id
        gateway.next_id += 3
        bodies = ([1, 2, 3], [[1, 2, 3], ["x", None, 3]], [3, 2, 1])
        gateway.send(b"".join(pack_predict(first + index, json.dumps(body).encode()) for index, body in enumerate(bodies)))
        self.assertAlmostEqual(-0.4, json.loads(gateway.answer(first).body)[0])
        self.assertAlmostEqual(0.4, json.loads(gateway.answer(first + 2).body)[0])
        with self.assertRaises(Refused) as refused:
            gateway.answer(first + 1)
        self.assertEqual("model_error", refused.exception.code)

    def test_an_object_without_predict_fails_to_load(self):
        replica = self.given_replica({"model.pkl": pickle.dumps({"a": 1})}, {"kind": "estimator", "module": "model.pkl"}, wait=False)
        failed = replica.control.wait_failed()
        self.assertEqual("load_failed", failed["code"])
        self.assertIn("dict and has no predict", failed["message"])


class CostCurve(unittest.TestCase):
    def learnt(self, seconds, max_batch=64, rounds=300, waiting=64):
        """The usual choice for a model whose call of n rows takes seconds(n)."""
        sizes, chosen = BatchSize(max_batch), []
        source = random.Random(7)
        for _ in range(rounds):
            size = sizes.choose(source.randint(1, waiting))
            sizes.observe(size, seconds(size))
        for _ in range(3):
            chosen.append(sizes.choose(waiting))
        return sorted(chosen)[1]

    def test_a_call_of_constant_cost_takes_all_that_waits(self):
        self.assertEqual(64, self.learnt(lambda n: 20e-6))

    def test_a_cost_that_grows_with_the_rows_alone_is_not_batched(self):
        self.assertEqual(1, self.learnt(lambda n: 250e-6 * n))

    def test_a_call_that_gets_dear_beyond_sixteen_rows_is_kept_there(self):
        self.assertEqual(16, self.learnt(lambda n: (100e-6 + 10e-6 * n) * (1 if n <= 31 else 5)))

    def test_a_batch_that_would_pass_the_deadline_is_not_taken(self):
        sizes = BatchSize(64)
        sizes.observe(1, 0.1)
        self.assertEqual(64, sizes.choose(64))
        self.assertEqual(5, sizes.choose(64, seconds_left=0.55))     # nothing known of 64 but that 64 single ones take 6.4 s
        for rows in (2, 4, 8, 16, 32, 64):
            sizes.observe(rows, 0.1 + 0.01 * rows)
        self.assertEqual(64, sizes.choose(64, seconds_left=1.0))
        self.assertEqual(8, sizes.choose(64, seconds_left=0.2))
        self.assertEqual(1, sizes.choose(64, seconds_left=0.01))
        self.assertEqual(1, sizes.choose(64, seconds_left=-1))

    def test_one_slow_first_call_is_forgotten(self):
        sizes = BatchSize(64)
        sizes.observe(64, 1.0)
        for _ in range(1000):
            size = sizes.choose(64)
            sizes.observe(size, 20e-6)
        self.assertEqual(64, sizes.choose(64))

    def test_never_more_than_waits_nor_than_max_batch(self):
        sizes = BatchSize(10)
        for waiting in range(0, 200):
            size = sizes.choose(waiting)
            self.assertTrue(min(waiting, 1) <= size <= min(waiting, 10), (waiting, size))
            if size:
                sizes.observe(size, 1e-3)


if __name__ == "__main__":
    unittest.main()
