"""Every way in which a package may be written."""

import json
import math
import os
import struct
import tempfile
import uuid

from driver import Refused, ReplicaTest, pack, pack_predict

TRUSS = """
class Model:
    def __init__(self, **kwargs):
        self.arguments = sorted(kwargs)
        self.config = kwargs["config"]
        self.data = (kwargs["data_dir"] / "weights.txt").read_text()
        self.secret = kwargs["secrets"]["token"]
        self.environment = kwargs["environment"]
    def load(self):
        from helper import double          # packages/
        from model.neighbour import triple
        import plain_neighbour             # model/ itself
        self.double, self.triple = double, triple
    def preprocess(self, inputs):
        return inputs["x"]
    def predict(self, x):
        return {"x": self.triple(self.double(x))}
    def postprocess(self, answer):
        return {**answer, "arguments": self.arguments, "name": self.config["model_name"], "data": self.data,
                "secret": self.secret, "environment": self.environment}
"""


class Styles(ReplicaTest):
    def test_a_truss_class_gets_its_arguments_and_runs_its_chain(self):
        files = {"model/model.py": TRUSS, "model/neighbour.py": "def triple(x): return 3 * x\n",
                 "model/plain_neighbour.py": "",
                 "packages/helper.py": "def double(x): return 2 * x\n", "data/weights.txt": "w"}
        replica = self.given_replica(files, {"kind": "truss", "class": "Model", "config": {"model_name": "m"}},
                                     secrets={"token": "s"}, context={"environment": "staging"})
        self.assertEqual(
            {"x": 60, "name": "m", "data": "w", "secret": "s", "environment": {"name": "staging"},
             "arguments": ["config", "data_dir", "environment", "lazy_data_resolver", "secrets"]},
            replica.gateway.predict({"x": 10}))

    def test_a_class_gets_only_the_arguments_that_it_names(self):
        replica = self.given_truss("class Model:\n    def __init__(self, config):\n        self.c = config\n"
                                   "    def predict(self, x):\n        return self.c\n", {"a": 1})
        self.assertEqual({"a": 1}, replica.gateway.predict(0))

    def test_a_bare_file_with_load_and_predict_answers(self):
        replica = self.given_file("weights = []\ndef load():\n    weights.append(2)\n"
                                  "def predict(inputs):\n    return {'sum': weights[0] * sum(inputs)}\n")
        self.assertEqual({"sum": 12}, replica.gateway.predict([1, 2, 3]))

    def test_predict_may_take_the_request_too_or_only_it(self):
        both = self.given_file("def predict(inputs, request):\n    return [inputs, request.prediction_id, request.headers]\n")
        prediction = uuid.uuid4()
        self.assertEqual([5, str(prediction), {"content-type": "application/json", "traceparent": "00-1"}],
                         both.gateway.predict(5, prediction=prediction, extras={"traceparent": "00-1"}))
        only = self.given_truss("class Model:\n    async def predict(self, request):\n        return await request.json()\n")
        self.assertEqual({"a": 1}, only.gateway.predict({"a": 1}))

    def test_asynchronous_steps_run_beside_synchronous_ones(self):
        replica = self.given_truss("""
import asyncio
class Model:
    async def load(self):
        await asyncio.sleep(0)
        self.factor = 2
    def preprocess(self, x):
        return x + 1
    async def predict(self, x):
        await asyncio.sleep(0.01)
        return x * self.factor
    def postprocess(self, x):
        return [x]
""")
        self.assertEqual([8], replica.gateway.predict(3))

    def test_only_load_is_asynchronous(self):
        replica = self.given_truss("class Model:\n    async def load(self):\n        self.k = 4\n"
                                   "    def predict(self, x):\n        return self.k * x\n")
        self.assertEqual(8, replica.gateway.predict(2))

    def test_predict_concurrency_is_the_number_of_calls_at_a_time(self):
        source = """
import {module}, threading
class Model:
    running = most = 0
    lock = threading.Lock()
    {a}def predict(self, x):
        with self.lock:
            Model.running += 1
            Model.most = max(Model.most, Model.running)
        {w}{module}.sleep(0.1)
        with self.lock:
            Model.running -= 1
        return Model.most
"""
        for module, a, w in (("time", "", ""), ("asyncio", "async ", "await ")):
            with self.subTest(module):
                replica = self.given_truss(source.format(module=module, a=a, w=w), predict_concurrency=3)
                self.assertEqual(3, replica.loaded["concurrency"])
                asked = [replica.gateway.ask(0) for _ in range(7)]
                self.assertEqual(3, max(json.loads(replica.gateway.answer(request).body) for request in asked))

    def test_bytes_and_text_arrive_as_they_are(self):
        replica = self.given_file("def predict(inputs):\n    return {'type': type(inputs).__name__, 'length': len(inputs)}\n")
        self.assertEqual({"type": "bytes", "length": 3}, replica.gateway.predict(b"\x00\xff\x01", content_type=2))
        self.assertEqual({"type": "bytes", "length": 2},
                         replica.gateway.predict(b"\x89P", content_type=0, extras={"content_type": "image/png"}))
        self.assertEqual({"type": "str", "length": 1}, replica.gateway.predict("ä".encode(), content_type=3))
        self.assertEqual({"type": "list", "length": 1},
                         replica.gateway.predict(b"[1]", content_type=0, extras={"content_type": "application/json; charset=utf-8"}))

    def test_bytes_leave_as_they_are(self):
        replica = self.given_file("def predict(inputs):\n    return b'\\x00\\xff'\n")
        answer = replica.gateway.answer(replica.gateway.ask(0))
        self.assertEqual((200, "application/octet-stream", b"\x00\xff"), (answer.status, answer.content_type, answer.body))

    def test_answers_of_every_plain_kind_come_back_equal(self):
        replica = self.given_file("def predict(inputs):\n    return inputs\n")
        for value in (None, True, 0, -1.5, 1e300, "", "ä\u2028\"\\", [], {}, [[[]]], {"a": [1, {"b": None}]}, 2 ** 70):
            with self.subTest(value):
                self.assertEqual(value, replica.gateway.predict(value))

    def test_white_space_around_a_body_is_json_too(self):
        replica = self.given_file("def predict(inputs):\n    return inputs\n")
        self.assertEqual([1], replica.gateway.predict(b" \n[1]\t\n"))

    def test_a_response_object_passes_through(self):
        replica = self.given_file("class R:\n    status_code = 201\n    body = b'<p>'\n    media_type = 'text/html'\n"
                                  "def predict(inputs):\n    return R()\n")
        answer = replica.gateway.answer(replica.gateway.ask(0))
        self.assertEqual((201, "text/html", b"<p>"), (answer.status, answer.content_type, answer.body))

    def test_a_chat_method_is_listed_and_called_by_name(self):
        replica = self.given_truss("class Model:\n    def predict(self, x):\n        return 'p'\n"
                                   "    def chat_completions(self, x):\n        return 'c'\n")
        self.assertEqual(["chat_completions", "predict"], replica.loaded["methods"])
        self.assertEqual("c", replica.gateway.predict({}, extras={"method": "chat_completions"}))
        self.assertEqual("p", replica.gateway.predict({}))
        with self.assertRaises(Refused) as refused:
            replica.gateway.predict({}, extras={"method": "embeddings"})
        self.assertEqual((415, "not_supported", 0), (refused.exception.status, refused.exception.code, refused.exception.begun))

    def test_large_bodies_come_and_go_in_pieces_under_credit(self):
        replica = self.given_file("def predict(inputs):\n    return inputs[::-1]\n")
        body = bytes(range(256)) * 4096     # 1 MiB, four times the credit
        gateway = replica.gateway
        request = self.send_in_pieces(gateway, body)
        answer = gateway.answer(request)
        self.assertEqual((body[::-1], {"length": len(body)}, 0), (answer.body, answer.extras, answer.outcome))

    def send_in_pieces(self, gateway, body):
        request, gateway.next_id = gateway.next_id, gateway.next_id + 1
        gateway.send(pack_predict(request, body[:65_000], content_type=2, more=True))
        at, credit = 65_000, 262_144 - 65_000
        while at < len(body):
            if credit <= 0:
                frame = gateway.read_for(request)
                self.assertEqual(9, frame.kind)
                credit += struct.unpack("<I", frame.payload)[0]
            size = min(65_000, credit, len(body) - at)
            gateway.send(pack(5, request, bytes([at + size < len(body)]) + body[at:at + size]))
            at, credit = at + size, credit - size
        while not gateway.inbox[request] or gateway.inbox[request][0].kind == 9:
            if gateway.inbox[request]:
                gateway.inbox[request].popleft()
            else:
                gateway.inbox[request].append(gateway.read_for(request))
        return request

    def test_a_package_whose_folder_is_no_identifier_loads(self):
        replica = self.given_replica({"my-model/my-model.py": "class M:\n    def predict(self, x):\n        return x\n"},
                                     {"kind": "truss", "module": "my-model/my-model.py", "class": "M"})
        self.assertEqual(1, replica.gateway.predict(1))

    def test_the_environment_and_the_working_folder_are_the_replicas_own(self):
        replica = self.given_file("import os\ndef predict(x):\n    return [os.environ['COLOUR'], os.getcwd(), os.getsid(0) == os.getpid()]\n",
                                  environment={"COLOUR": "blue"})
        self.assertEqual(["blue", replica.path, True], replica.gateway.predict(0))

    def test_home_and_temporary_files_are_in_the_replicas_own_folder(self):
        replica = self.given_file("import os, tempfile\ndef predict(x):\n    with tempfile.NamedTemporaryFile() as file:\n        return [os.environ['HOME'], os.path.dirname(file.name)]\n")
        own = os.path.join(replica.path, "tmp") if len(replica.path) < 70 else tempfile.gettempdir()
        self.assertEqual([replica.path, own], replica.gateway.predict(0))


class Errors(ReplicaTest):
    def refuse(self, replica, value, **options):
        with self.assertRaises(Refused) as refused:
            replica.gateway.predict(value, **options)
        return refused.exception

    def test_an_exception_is_a_model_error_and_its_traceback_is_in_the_log_only(self):
        replica = self.given_file("def predict(inputs):\n    raise ValueError('the secret is 7')\n")
        prediction = uuid.uuid4()
        error = self.refuse(replica, 0, prediction=prediction)
        self.assertEqual((502, "model_error", 1, 1, "The model raised ValueError; the traceback is in the deployment's log."),
                         (error.status, error.code, error.source, error.begun, error.message))
        line = next(line for line in replica.log().splitlines() if "the secret is 7" in line and "raise" not in line)
        self.assertRegex(line, rf"^\d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{{3}}Z ERROR {prediction} ValueError: the secret is 7$")
        self.assertIn("score.py", replica.log())
        self.assertNotIn("slipway_runner", replica.log())

    def test_the_model_may_name_its_own_status(self):
        replica = self.given_file("class Nope(Exception):\n    def __init__(self):\n        self.status_code, self.detail = 422, {'field': 'age'}\n"
                                  "def predict(inputs):\n    raise Nope()\n")
        error = self.refuse(replica, 0)
        self.assertEqual((422, "model_status", 1, {"field": "age"}), (error.status, error.code, error.source, json.loads(error.message)))

    def test_a_status_code_that_is_none_is_a_model_error(self):
        replica = self.given_file("class Odd(Exception):\n    status_code, detail = 200, ''\ndef predict(inputs):\n    raise Odd()\n")
        self.assertEqual("model_error", self.refuse(replica, 0).code)

    def test_what_cannot_be_written_as_json_is_a_bad_answer(self):
        replica = self.given_file("answers = [float('nan'), float('inf'), object(), {(1,): 2}, '\\ud800']\ndef predict(i):\n    return [answers[i]]\n")
        for index in range(5):
            with self.subTest(index):
                error = self.refuse(replica, index)
                self.assertEqual((502, "bad_answer", 1), (error.status, error.code, error.source))

    def test_a_cycle_is_a_bad_answer(self):
        replica = self.given_file("def predict(i):\n    a = []\n    a.append(a)\n    return a\n")
        self.assertEqual("bad_answer", self.refuse(replica, 0).code)

    def test_a_body_that_is_not_json_is_bad_input_and_the_model_does_not_see_it(self):
        replica = self.given_file("def predict(inputs):\n    print('called')\n    return inputs\n")
        for body in (b"", b"{", b"[1] x", b"\xff", b"[1],[2]"):
            with self.subTest(body):
                error = self.refuse(replica, body)
                self.assertEqual((400, "bad_input", 0, 0), (error.status, error.code, error.source, error.begun))
        self.assertNotIn("called", replica.log())

    def test_sys_exit_in_predict_ends_the_request_and_not_the_replica(self):
        replica = self.given_file("import sys\ndef predict(inputs):\n    sys.exit(3) if inputs else None\n    return 'well'\n")
        self.assertIn("SystemExit", self.refuse(replica, 1).message)
        self.assertEqual("well", replica.gateway.predict(0))

    def test_sys_exit_and_stop_iteration_in_asynchronous_models_end_the_request_only(self):
        for batch in (False, True):
            replica = self.given_truss("""
import sys
class Model:
    def preprocess(self, x):
        return next(iter([])) if x == "stop" else x
    async def predict(self, x):
        if x in ("exit", ["exit"]):
            sys.exit(3)
        return x
""", batch=batch)
            self.assertEqual("model_error", self.refuse(replica, "exit").code)
            self.assertEqual("model_error", self.refuse(replica, "stop").code)
            self.assertEqual(1, replica.gateway.predict(1))

    def test_sys_exit_inside_a_stream_breaks_it(self):
        for prefix in ("", "async "):
            replica = self.given_file(prefix + "def predict(x):\n    yield 'a'\n    raise SystemExit(1)\n")
            answer = replica.gateway.answer(replica.gateway.ask(0))
            self.assertEqual((b"a", 1), (answer.body, answer.outcome))
            self.assertEqual(b"a", replica.gateway.answer(replica.gateway.ask(0)).body)

    def test_extras_that_are_not_json_harm_their_request_only(self):
        replica = self.given_file("def predict(xs):\n    return xs\n", batch=True)
        head = struct.pack("<B16sIBH", 0, bytes(16), 0, 1, 3)
        replica.gateway.send(pack(4, 77, head + b"{{{" + b"1"))
        with self.assertRaises(Refused):
            replica.gateway.answer(77)
        self.assertEqual(1, replica.gateway.predict(1))

    def test_a_coroutine_that_raises_is_a_model_error(self):
        replica = self.given_truss("class Model:\n    async def predict(self, x):\n        return 1 / x\n")
        self.assertIn("ZeroDivisionError", self.refuse(replica, 0).message)
        self.assertTrue(math.isclose(0.5, replica.gateway.predict(2)))
