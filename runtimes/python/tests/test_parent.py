"""The warm parent: fast children, their exit files, and that they live without it."""

import json
import os
import signal
import socket
import time

from driver import Refused, ReplicaTest, is_alive, wait_until

ECHO = "import os\ndef predict(x):\n    return x\n"


class Parents(ReplicaTest):
    def given_parent(self, imports="json,no_such_module", **settings):
        self.parent_path = os.path.join(self.root, "parent")
        os.makedirs(self.parent_path)
        with open(os.path.join(self.parent_path, "parent.json"), "w") as file:
            json.dump({"token": "p", **settings}, file)
        process = self.start("parent", "--folder", self.parent_path, "--imports", imports)
        wait_until(lambda: os.path.exists(os.path.join(self.parent_path, "pid.json")))
        with open(os.path.join(self.parent_path, "pid.json")) as file:
            self.assertEqual(process.pid, json.load(file)["pid"])
        return process

    def ask(self, token="p", **request):
        """One request to the parent, and its answer."""
        return self.ask_line(json.dumps({"token": token, **request}).encode())

    def ask_line(self, line):
        with socket.socket(socket.AF_UNIX) as channel:
            channel.settimeout(15)
            channel.connect(os.path.join(self.parent_path, "parent.sock"))
            channel.sendall(line + b"\n")
            return json.loads(channel.makefile().readline())

    def given_child(self, source=ECHO, fork=True, secrets=None, **members):
        folder = self.given_folder({"score.py": source}, {"kind": "file", "module": "score.py"}, **members)
        answer = self.ask(op="spawn", folder=folder.path, fork=fork, secrets=secrets)
        self.assertEqual({"pid", "start_time"}, set(answer), answer)
        self.assertEqual(answer, folder.json("pid.json"))
        folder.pid = answer["pid"]
        return folder

    def serve(self, folder):
        folder.control = folder.connect("control")
        folder.control.wait_loaded()
        folder.gateway = folder.connect()
        folder.gateway.wait_loaded()
        return folder

    def test_ping_tells_how_each_import_went(self):
        self.given_parent()
        answer = self.ask(op="ping")
        self.assertEqual(("ok", 0), (answer["imports"]["json"], answer["children"]))
        self.assertIn("ModuleNotFoundError", answer["imports"]["no_such_module"])

    def test_children_answer_whether_forked_or_started_plainly(self):
        parent = self.given_parent()
        for fork in (True, False):
            with self.subTest(fork=fork):
                child = self.serve(self.given_child(
                    "import os\ndef predict(x):\n    return [x, os.getppid(), os.getsid(0) == os.getpid(), os.getcwd(), os.getpid()]\n", fork))
                self.assertEqual([7, parent.pid, True, child.path, child.pid], child.gateway.predict(7))
        self.assertEqual(2, self.ask(op="ping")["children"])

    def test_a_fork_has_the_parents_imports_and_is_quick(self):
        source = "import sys\nwarm = 'wsgiref.simple_server' in sys.modules\ndef predict(x):\n    return warm\n"
        self.given_parent("wsgiref.simple_server")
        started = time.monotonic()
        forked = self.serve(self.given_child(source))
        seconds = time.monotonic() - started
        self.assertTrue(forked.gateway.predict(0))
        self.assertFalse(self.serve(self.given_child(source, fork=False)).gateway.predict(0))
        self.assertLess(seconds, 0.5)

    def test_secrets_reach_the_model_and_nothing_that_others_can_read(self):
        source = ("import logging, os, sys\nprint('starting with', os.environ['TOKEN'])\n"
                  "def predict(x):\n    token = os.environ['TOKEN']\n    print('for', x, token)\n    logging.warning('%s', token.splitlines()[1])\n"
                  "    sys.stderr.write(token[:5] + token[5:] + '\\n')\n    return [token, os.environ.get('LARGE') == 'y' * 100_000]\n")
        value = "first line of it\nsecond-line-of-it"
        parent = self.given_parent()
        for fork in (True, False):
            with self.subTest(fork=fork):
                child = self.serve(self.given_child(source, fork, secrets={"TOKEN": value, "LARGE": "y" * 100_000}))
                self.assertEqual([value, True], child.gateway.predict(7))
                self.assertIn("starting with [secret TOKEN]", child.log())
                self.assertIn("for 7 [secret TOKEN]", child.log())
                for piece in value.splitlines():
                    self.assertNotIn(piece, child.log())
                    for pid in (child.pid, parent.pid):
                        for name in ("environ", "cmdline"):
                            with open(f"/proc/{pid}/{name}") as file:
                                self.assertNotIn(piece, file.read())
                    for name in os.listdir(child.path):
                        if os.path.isfile(os.path.join(child.path, name)):
                            with open(os.path.join(child.path, name)) as file:
                                self.assertNotIn(piece, file.read(), name)

    def test_neither_escaped_forms_nor_bytes_written_past_the_text_show_a_secret(self):
        source = ("import json, os, sys\ndef predict(x):\n    print(os.environ)\n    print(json.dumps({'v': os.environ['TOKEN']}))\n"
                  "    sys.stdout.buffer.write(b'bytes ' + os.environ['TOKEN'].encode() + b'\\n')\n    print('leaf', json.loads(os.environ['ACCOUNT'])['key'])\n"
                  "    part = '\u00e9\\n'.encode()\n    sys.stdout.buffer.write(part[:1])\n    sys.stdout.buffer.write(part[1:])\n    return {**os.environ}['TOKEN']\n")
        self.given_parent()
        token, key = "p\u00e4ss\"w\\ord'1", "inner\tkey-of-it"
        child = self.serve(self.given_child(source, secrets={"TOKEN": token, "ACCOUNT": json.dumps({"kind": "a", "key": key})}))
        self.assertEqual(token, child.gateway.predict(0))
        log = wait_until(lambda: child.log() if "\u00e9\n" in child.log() else None)
        self.assertIn("'TOKEN': '[secret TOKEN]'", log)
        self.assertIn('{"v": "[secret TOKEN]"}', log)
        self.assertRegex(log, r"(?m)^\S+Z INFO  \S+ bytes \[secret TOKEN\]$")
        self.assertIn("leaf [secret ACCOUNT]", log)
        for piece in ("ord'1", "ord\\'1", "key-of-it"):
            self.assertNotIn(piece, log)

    def test_an_error_that_the_caller_gets_shows_no_secret(self):
        source = ("import os\nclass Nope(Exception):\n    status_code = 422\n    def __init__(self, detail):\n        self.detail = detail\n"
                  "def predict(x):\n    token = os.environ['TOKEN']\n    raise Nope([{'why': 'no ' + token}, 'x' * 59_980 + token, {'code': int(os.environ['NUMBER'])}][x])\n")
        self.given_parent()
        child = self.serve(self.given_child(source, secrets={"TOKEN": 'open "sesame"', "NUMBER": "123456789"}))
        for case, expected in enumerate(({"why": "no [secret TOKEN]"}, None, '{"code":[secret NUMBER]}')):
            with self.subTest(case), self.assertRaises(Refused) as refused:
                child.gateway.predict(case)
            error = refused.exception
            self.assertEqual((422, "model_status", 1), (error.status, error.code, error.source))
            self.assertNotIn("sesame", error.message)
            if expected:
                self.assertEqual(expected, json.loads(error.message))

    def test_a_model_that_does_not_load_tells_no_secret(self):
        self.given_parent()
        child = self.given_child("import os\nraise ValueError('cannot sign in with ' + os.environ['TOKEN'])\ndef predict(x): pass\n", secrets={"TOKEN": "open sesame"})
        child.connect("control")
        self.assertIn("cannot sign in with [secret TOKEN]", wait_until(lambda: child.json("exit.json"))["message"])
        self.assertNotIn("open sesame", child.log())

    def test_a_fork_has_no_descriptor_of_the_parent(self):
        self.given_parent()
        self.given_child()
        child = self.serve(self.given_child("import os\ndef predict(x):\n    return [os.readlink(f'/proc/self/fd/{n}') for n in os.listdir('/proc/self/fd') if os.path.exists(f'/proc/self/fd/{n}')]\n"))
        links = child.gateway.predict(0)
        self.assertEqual(3, sum(link.startswith("socket:") for link in links), links)    # its listener and two connections
        self.assertLessEqual(len(links), 14, links)

    def test_output_of_children_goes_to_their_own_logs(self):
        self.given_parent()
        children = [self.serve(self.given_child("import os\nprint('loaded', __name__)\ndef predict(x):\n    print('saw', x)\n    os.system('echo shell')\n"))
                    for _ in range(2)]
        for n, child in enumerate(children):
            child.gateway.predict(n)
        for n, child in enumerate(children):
            self.assertIn(f"saw {n}\n", child.log())
            self.assertNotIn(f"saw {1 - n}\n", child.log())
            self.assertIn("shell\n", child.log())

    def test_random_numbers_differ_between_siblings(self):
        self.given_parent("random")
        drawn = {self.serve(self.given_child("import random\ndef predict(x):\n    return random.random()\n")).gateway.predict(0) for _ in range(3)}
        self.assertEqual(3, len(drawn))

    def test_kill_9_of_a_child_leaves_an_exit_file_and_no_zombie(self):
        self.given_parent()
        child, sibling = self.serve(self.given_child()), self.serve(self.given_child())
        os.kill(child.pid, signal.SIGKILL)
        exit = wait_until(lambda: child.json("exit.json"))
        self.assertEqual(("signal", None, 9), (exit["reason"], exit["code"], exit["signal"]))
        self.assertRegex(exit["at"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
        self.assertFalse(os.path.exists(f"/proc/{child.pid}"))
        self.assertEqual(1, self.ask(op="ping")["children"])
        self.assertEqual(5, sibling.gateway.predict(5))

    def test_kill_9_of_a_child_ends_what_its_model_has_started(self):
        self.given_parent()
        child = self.serve(self.given_child("import subprocess\ndef predict(x):\n    return subprocess.Popen(['sleep', '1000']).pid\n"))
        pid = child.gateway.predict(0)
        os.kill(child.pid, signal.SIGKILL)
        wait_until(lambda: child.json("exit.json"))
        wait_until(lambda: not is_alive(pid))

    def test_a_child_that_ends_by_itself_is_crashed_and_one_that_knows_better_keeps_its_own_reason(self):
        self.given_parent()
        child = self.serve(self.given_child("import os\ndef predict(x):\n    os._exit(x)\n"))
        child.gateway.ask(3)
        exit = wait_until(lambda: child.json("exit.json"))
        self.assertEqual(("crashed", 3, None), (exit["reason"], exit["code"], exit["signal"]))
        drained = self.serve(self.given_child())
        drained.control.drain()
        self.assertEqual("drained", wait_until(lambda: drained.json("exit.json"))["reason"])
        wait_until(lambda: self.ask(op="ping")["children"] == 0)

    def test_a_crash_in_native_code_is_named_in_the_log(self):
        self.given_parent()
        child = self.serve(self.given_child("import faulthandler\ndef predict(x):\n    faulthandler._sigsegv()\n"))
        child.gateway.ask(0)
        exit = wait_until(lambda: child.json("exit.json"))
        self.assertEqual(("signal", signal.SIGSEGV), (exit["reason"], exit["signal"]))
        self.assertIn("Segmentation fault", child.log())

    def test_a_failed_load_of_a_child_is_its_own(self):
        self.given_parent()
        child = self.given_child("import no_such_module\n")
        child.control = child.connect("control")
        self.assertEqual("import_failed", child.control.wait_failed()["code"])
        self.assertEqual("import_failed", wait_until(lambda: child.json("exit.json"))["reason"])
        self.assertEqual(1, self.serve(self.given_child()).gateway.predict(1))

    def test_end_leaves_the_children_alone(self):
        parent = self.given_parent()
        child = self.serve(self.given_child())
        self.assertEqual({"children": 1}, self.ask(op="end"))
        self.assertEqual(0, parent.wait(5))
        self.assertEqual(5, child.gateway.predict(5))
        self.assertFalse(os.path.exists(os.path.join(self.parent_path, "parent.sock")))
        child.control.drain()
        wait_until(lambda: not is_alive(child.pid))
        self.assertEqual("drained", child.json("exit.json")["reason"])

    def test_kill_9_of_the_parent_leaves_the_children_alone(self):
        parent = self.given_parent()
        child = self.serve(self.given_child())
        parent.kill()
        parent.wait()
        self.assertEqual(5, child.gateway.predict(5))
        child.control.drain()
        wait_until(lambda: not is_alive(child.pid))

    def test_an_idle_parent_ends_and_one_with_children_does_not(self):
        parent = self.given_parent(idle_seconds=0.4)
        child = self.serve(self.given_child())
        time.sleep(0.8)
        self.assertIsNone(parent.poll())
        child.control.drain()
        self.assertEqual(0, parent.wait(5))

    def test_bad_requests_are_refused_and_start_nothing(self):
        self.given_parent()
        self.assertEqual("bad_token", self.ask(op="ping", token="x")["code"])
        self.assertEqual("bad_token", self.ask(op="end", token="")["code"])
        self.assertEqual("bad_request", self.ask(op="dance")["code"])
        self.assertEqual("bad_request", self.ask(op="spawn", folder="/no/such/folder")["code"])
        self.assertEqual("bad_request", self.ask(op="spawn", folder=self.root)["code"])
        self.assertEqual("bad_request", self.ask(op="spawn", folder="a\0b")["code"])
        self.assertEqual("bad_token", self.ask(op="ping", token="\ud800")["code"])
        for line in (b"[" * 60_000, b"nonsense", b"[]", b"7", b"\xff", b'{"op":"ping"}'):
            self.assertEqual("bad_request", self.ask_line(line)["code"], line[:20])
        for fork in (True, False):
            broken = os.path.join(self.root, f"broken-{fork}")
            os.makedirs(broken)
            with open(os.path.join(broken, "spec.json"), "w") as file:
                file.write("not json")
            self.assertEqual("spawn_failed", self.ask(op="spawn", folder=broken, fork=fork)["code"])
        wait_until(lambda: self.ask(op="ping")["children"] == 0)

    def test_many_children_at_once_are_all_there_once(self):
        self.given_parent()
        children = [self.given_child() for _ in range(12)]
        self.assertEqual(12, len({child.pid for child in children}))
        for child in children:
            self.serve(child)
        for n, child in enumerate(children):
            self.assertEqual(n, child.gateway.predict(n))
            child.control.drain()
        for child in children:
            self.assertEqual("drained", wait_until(lambda: child.json("exit.json"))["reason"])
        wait_until(lambda: self.ask(op="ping")["children"] == 0)
