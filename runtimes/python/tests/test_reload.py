"""Live reload: the model of a running replica is replaced by that of another folder, or stays as it was."""

import json
import os
import threading
import time

from driver import ReplicaTest, pack, parse_error

COUNTING = """
import os
class Model:
    def __init__(self, **kwargs):
        self.state = None
    def load(self):
        self.state = os.urandom(4).hex()
        print("loading")
    def predict(self, x):
        return [%s, self.state]
"""


class Reload(ReplicaTest):
    def setUp(self):
        super().setUp()
        self.folder_number = 0

    def given(self, files, **about):
        model = {"kind": "truss", "class": "Model", "config": {}, "batch": False, **about}
        return self.given_replica(files if isinstance(files, dict) else {"model/model.py": files}, model)

    def reload(self, replica, files, about=None):
        """The answer, after a folder with these files was shown to the replica. Unchanged files are links, as the server makes them."""
        self.folder_number += 1
        package = os.path.join(self.root, f"package-{self.folder_number}")
        for name, content in ({"model/model.py": files} if isinstance(files, str) else files).items():
            path = os.path.join(package, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as file:
                file.write(content.encode() if isinstance(content, str) else content)
        members = {"package": package, "model": about or replica.spec["model"]}
        replica.control.send(pack(15, 7, json.dumps(members).encode()))
        frame = replica.control.read_for(7)
        if frame.kind == 10:
            raise parse_error(frame.payload)
        self.assertEqual(15, frame.kind)
        return json.loads(frame.payload)

    def test_a_change_of_predict_keeps_what_was_loaded(self):
        replica = self.given(COUNTING % "x + 1")
        before = replica.gateway.predict(1)
        answer = self.reload(replica, COUNTING % "x + 10")
        self.assertEqual(("applied", True), (answer["outcome"], answer["kept_state"]))
        self.assertEqual([11, before[1]], replica.gateway.predict(1))
        self.assertEqual(1, replica.log().count("loading"))

    def test_a_change_of_what_load_uses_loads_anew(self):
        source = COUNTING.replace("os.urandom(4).hex()", "self.made()") + "    def made(self):\n        return %r\n"
        replica = self.given(source % ("x", "old"))
        answer = self.reload(replica, source % ("x", "new"))
        self.assertEqual(("applied", False), (answer["outcome"], answer["kept_state"]))
        self.assertEqual([1, "new"], replica.gateway.predict(1))
        self.assertEqual(2, replica.log().count("loading"))

    def test_what_setting_up_may_call_unseen_loads_anew(self):
        own = "class Model:\n    def load(self):\n        self.state = %s\n    def made(self):\n        return %%r\n    def predict(self, x):\n        return self.state\n"
        base = "class Base:\n    def load(self):\n        self.state = self.made()\nclass Model(Base):\n    def made(self):\n        return %r\n    def predict(self, x):\n        return self.state\n"
        for source in ("def build(model):\n    return model.made()\n" + own % "build(self)",
                       "class Builder:\n    def __call__(self, model):\n        return model.made()\nbuild = Builder()\n" + own % "build(self)",
                       own % "getattr(self, 'made')()",
                       own.replace("def made", "def __str__") % "str(self)",
                       "def loading(made):\n    made.word = made().made()\n    return made\n@loading\n" + own % "Model.word",
                       base):
            replica = self.given(source % "old")
            answer = self.reload(replica, source % "new")
            self.assertEqual(("applied", False), (answer["outcome"], answer["kept_state"]), source)
            self.assertEqual("new", replica.gateway.predict(1), source)

    def test_what_setting_up_does_not_call_keeps_what_was_loaded(self):
        source = ("__all__ = ['Model']\ndef again(model):\n    return model.predict(0)\n" + COUNTING.replace("class Model:", "class Model(object):")
                  + "if __name__ == '__main__':\n    print(again(Model()))\n")
        replica = self.given(source % "x")
        self.assertTrue(self.reload(replica, source % "x + 10")["kept_state"])
        self.assertEqual(11, replica.gateway.predict(1)[0])

    def test_what_its_class_alone_can_make_or_hold_loads_anew(self):
        for making in ("    __slots__ = ('state',)\n", "    if True:\n        __slots__ = ['state', '__dict__']\n",
                       "    def __new__(cls, **kwargs):\n        made = object.__new__(cls)\n        made.kind = kwargs['config']\n        return made\n"):
            with self.subTest(making):
                source = COUNTING.replace("class Model:\n", "class Model:\n" + making)
                replica = self.given(source % "x + 1")
                self.assertEqual(2, replica.gateway.predict(1)[0])
                answer = self.reload(replica, source % "x + 10")
                self.assertEqual(("applied", False), (answer["outcome"], answer["kept_state"]), answer)
                answered = replica.gateway.predict(1)
                self.assertEqual(11, answered[0])
                self.assertTrue(answered[1])
                self.assertEqual(2, replica.log().count("loading"))

    def test_a_changed_new_makes_the_instance(self):
        source = COUNTING.replace("class Model:\n", "class Model:\n    def __new__(cls, **kwargs):\n        made = object.__new__(cls)\n        made.add = %d\n        return made\n")
        source = source.replace("[%s, self.state]", "[x + self.add, self.state]")
        replica = self.given(source % 1)
        self.assertEqual(2, replica.gateway.predict(1)[0])
        self.assertEqual("applied", self.reload(replica, source % 10)["outcome"])
        self.assertEqual(11, replica.gateway.predict(1)[0])

    def test_what_was_loaded_into_the_class_is_kept(self):
        source = COUNTING.replace("class Model:\n", "class Model:\n    seen = 0\n    kept = {}\n")
        source = source.replace("self.state = os.urandom(4).hex()", "Model.seen, Model.late = 7, 8\n        self.kept['key'] = 9").replace(
            "[%s, self.state]", "[%s, self.seen, self.late, self.kept['key']]")
        replica = self.given(source % "x + 1")
        answer = self.reload(replica, source % "x + 10")
        self.assertEqual(("applied", True), (answer["outcome"], answer["kept_state"]))
        self.assertEqual([11, 7, 8, 9], replica.gateway.predict(1))

    def test_a_module_beside_the_model_and_a_data_file_are_taken_anew(self):
        source = ("import helper\nclass Model:\n    def __init__(self, data_dir):\n        self.data_dir = data_dir\n    def load(self):\n"
                  "        self.word = (self.data_dir / 'word.bin').read_bytes().hex()\n    def predict(self, x):\n        return [helper.name, self.word]\n")
        files = {"model/model.py": source, "packages/helper.py": "name = 'first'\n", "data/word.bin": b"\x00\x01"}
        replica = self.given(files)
        self.assertEqual(["first", "0001"], replica.gateway.predict(1))
        self.reload(replica, dict(files, **{"packages/helper.py": "name = 'second'\n"}))
        self.assertEqual(["second", "0001"], replica.gateway.predict(1))
        self.reload(replica, dict(files, **{"packages/helper.py": "name = 'second'\n", "data/word.bin": b"\xff"}))
        self.assertEqual(["second", "ff"], replica.gateway.predict(1))

    def test_a_file_that_is_removed_is_missed(self):
        files = {"model/model.py": "import helper\nclass Model:\n    def predict(self, x):\n        return helper.name\n", "packages/helper.py": "name = 1\n"}
        replica = self.given(files)
        answer = self.reload(replica, {"model/model.py": files["model/model.py"]})
        self.assertEqual(("failed", "import_failed"), (answer["outcome"], answer["code"]))
        self.assertIn("No module named 'helper'", answer["traceback"])
        self.assertEqual(1, replica.gateway.predict(1))

    def test_a_broken_patch_keeps_the_old_code_and_says_where(self):
        replica = self.given(COUNTING % "x + 1")
        for broken, message in [("x +", "SyntaxError"), ("x + 1]\n    raise KeyError('no')\n    y = [1", "KeyError")]:
            answer = self.reload(replica, COUNTING % broken)
            self.assertEqual(("failed", "import_failed"), (answer["outcome"], answer["code"]))
            self.assertIn(message, answer["traceback"])
            self.assertIn('"model/model.py", line', answer["traceback"])
            self.assertNotIn("slipway_runner", answer["traceback"])
            self.assertEqual(2, replica.gateway.predict(1)[0])
        self.assertEqual("applied", self.reload(replica, COUNTING % "x + 3")["outcome"])
        self.assertEqual(4, replica.gateway.predict(1)[0])

    def test_a_load_that_fails_or_exits_keeps_the_old_model(self):
        replica = self.given(COUNTING % "x")
        for failing in ("raise RuntimeError('no weights')", "raise SystemExit(3)"):
            answer = self.reload(replica, (COUNTING % "x * 2").replace('print("loading")', failing))
            self.assertEqual(("failed", "load_failed"), (answer["outcome"], answer["code"]))
        self.assertEqual(5, replica.gateway.predict(5)[0])
        self.assertIsNone(replica.process.poll())

    def test_a_bare_file_changes_in_place_and_keeps_its_module(self):
        source = "import os\nstate = os.urandom(4).hex()\ndef predict(x):\n    return [x + %d, state]\n"
        replica = self.given_file(source % 1)
        state = replica.gateway.predict(1)[1]
        self.assertTrue(self.reload(replica, {"score.py": source % 5})["kept_state"])
        self.assertEqual([6, state], replica.gateway.predict(1))
        self.assertFalse(self.reload(replica, {"score.py": (source % 5).replace("urandom(4)", "urandom(5)")})["kept_state"])
        self.assertEqual(10, len(replica.gateway.predict(1)[1]))

    def test_a_bare_file_that_holds_its_function_loads_anew(self):
        for source in ("def predict(x):\n    return %r\nstate = [predict(0)]\ndef wrapped(x):\n    return state\n",
                       "def load():\n    global state\n    state = predict(0)\ndef predict(x):\n    return %r\n"):
            replica = self.given_file(source % "old")
            self.assertFalse(self.reload(replica, {"score.py": source % "new"})["kept_state"])
            self.assertEqual("new", replica.gateway.predict(1))

    def test_an_asynchronous_model_loads_anew_on_its_loop(self):
        source = ("class Model:\n    async def load(self):\n        import asyncio\n        await asyncio.sleep(0)\n        self.word = %r\n"
                  "    async def predict(self, x):\n        return self.word\n")
        replica = self.given(source % "one")
        self.assertEqual("one", replica.gateway.predict(1))
        self.assertEqual("applied", self.reload(replica, source % "two")["outcome"])
        self.assertEqual("two", replica.gateway.predict(1))

    def test_what_a_process_cannot_change_needs_a_full_push(self):
        replica = self.given(COUNTING % "x")
        answer = self.reload(replica, "class Model:\n    async def predict(self, x):\n        return x\n")
        self.assertEqual(("full_push_required", "the model became asynchronous"), (answer["outcome"], answer["message"]))
        answer = self.reload(replica, COUNTING % "x", dict(replica.spec["model"], predict_concurrency=4))
        self.assertEqual("full_push_required", answer["outcome"])
        self.assertEqual(3, replica.gateway.predict(3)[0])

    def test_what_needs_a_full_push_leaves_the_module_as_it_was(self):
        source = "class Model:\n    def word(self):\n        return %r\n    %sdef predict(self, x):\n        return Model.word(self)\n"
        replica = self.given(source % ("old", ""))
        self.assertEqual("full_push_required", self.reload(replica, source % ("new", "async "))["outcome"])
        self.assertEqual("old", replica.gateway.predict(1))

    def test_the_answer_of_a_failed_reload_is_one_frame_of_plain_text(self):
        source = "class Model:\n    def load(self):\n        %s\n    def predict(self, x):\n        return x\n"
        replica = self.given(source % "pass")
        for failing in (r"raise ValueError('\0\ud800' + '\U0001f600' * 100_000)", r"raise ValueError('x' * 200_000)", "error = ValueError('no'); error.code = object(); raise error"):
            answer = self.reload(replica, source % failing)
            self.assertEqual(("failed", "load_failed"), (answer["outcome"], answer["code"]))
            self.assertTrue(answer["message"].startswith("ValueError: "), answer["message"])
            self.assertLessEqual(len(answer["message"]), 2_000)
            self.assertLessEqual(len(json.dumps(answer["traceback"])), 40_000)
            for text in (answer["message"], answer["traceback"]):
                self.assertNotIn("\0", text)
                text.encode()
        self.assertEqual(3, replica.gateway.predict(3))

    def test_requests_are_answered_while_the_new_model_loads(self):
        replica = self.given(COUNTING % "1")
        answers = []
        thread = threading.Thread(target=lambda: answers.append(self.reload(
            replica, (COUNTING % "2").replace('print("loading")', "import time; print('slow'); time.sleep(0.7)"))))
        thread.start()
        while "slow" not in replica.log():
            time.sleep(0.01)
        self.assertEqual(1, replica.gateway.predict(0)[0])
        thread.join()
        self.assertEqual("applied", answers[0]["outcome"])
        self.assertEqual(2, replica.gateway.predict(0)[0])

    def test_secrets_are_there_after_a_reload_and_are_not_in_its_answer(self):
        source = "class Model:\n    def __init__(self, secrets):\n        self.secrets = secrets\n    def load(self):\n        %s\n    def predict(self, x):\n        return len(self.secrets['TOKEN'])\n"
        replica = self.given_replica({"model/model.py": source % "pass"}, {"kind": "truss", "class": "Model", "config": {}, "batch": False}, secrets={"TOKEN": "hunter2hunter2"})
        answer = self.reload(replica, source % "raise ValueError(self.secrets['TOKEN'])")
        self.assertEqual("failed", answer["outcome"])
        self.assertNotIn("hunter2", json.dumps(answer))
        self.assertIn("[secret TOKEN]", answer["message"])
        self.assertFalse(self.reload(replica, source % "print('again')")["kept_state"])
        self.assertEqual(14, replica.gateway.predict(0))

    def test_the_same_folder_again_changes_nothing(self):
        replica = self.given(COUNTING % "x")
        replica.control.send(pack(15, 9, json.dumps({"package": replica.package, "model": replica.spec["model"]}).encode()))
        self.assertEqual("applied", json.loads(replica.control.read_for(9).payload)["outcome"])
        self.assertEqual(1, replica.log().count("loading"))

    def test_every_request_meets_one_model_whole(self):
        source = "class Model:\n    def preprocess(self, x):\n        return [%d]\n    def predict(self, x):\n        return x + [%d]\n    def postprocess(self, x):\n        return x + [%d]\n"
        replica = self.given(source % (0, 0, 0))
        for n in range(1, 6):
            asked = [replica.gateway.ask(1) for _ in range(50)]
            self.assertTrue(self.reload(replica, source % (n, n, n))["kept_state"])
            for request in asked:
                self.assertEqual(1, len(set(json.loads(replica.gateway.answer(request).body))))
        self.assertEqual([5, 5, 5], replica.gateway.predict(1))
