"""A replica from start to exit: loading, liveness, cancel and deadlines, drain, lost servers, limits, output."""

import os
import signal
import socket
import threading
import time
import uuid

from driver import Closed, Refused, ReplicaTest, is_alive, pack, pack_predict, parse_error, wait_until

SLEEPY = "import time\ndef predict(x):\n    time.sleep(x)\n    return x\n"
ASYNC_SLEEPY = """
import asyncio
async def predict(x):
    try:
        await asyncio.sleep(x)
    except asyncio.CancelledError:
        print("cancelled inside")
        raise
    return x
"""


class Loading(ReplicaTest):
    def fails(self, code, message, source, kind="truss", **members):
        replica = self.given_replica(source, {"kind": kind, "class": "Model"}, wait=False, **members)
        failed = replica.control.wait_failed()
        self.assertEqual(code, failed["code"])
        self.assertIn(message, failed["message"])
        exit = self.wait_exit(replica, 5)
        self.assertEqual(code, exit["reason"])
        self.assertEqual(exit["code"], replica.process.returncode)
        return replica

    def test_nothing_is_loaded_before_the_first_control_hello(self):
        folder = self.given_folder({"score.py": "print('loading')\ndef predict(x):\n    return x\n"}, {"kind": "file", "module": "score.py"})
        folder.process = self.start("replica", "--folder", folder.path)
        pid = wait_until(lambda: folder.json("pid.json"))
        self.assertEqual(folder.process.pid, pid["pid"])
        with open(f"/proc/{pid['pid']}/stat") as stat:
            self.assertEqual(int(stat.read().rpartition(")")[2].split()[19]), pid["start_time"])
        gateway = folder.connect()
        self.assertEqual((1, "r-1", pid["pid"], "starting"),
                         tuple(gateway.hello[name] for name in ("protocol", "replica", "pid", "state")))
        with self.assertRaises(Refused) as refused:
            gateway.predict(1)
        self.assertEqual((503, "not_ready", 0), (refused.exception.status, refused.exception.code, refused.exception.begun))
        self.assertNotIn("loading", folder.log())
        folder.connect("control").wait_loaded()
        gateway.wait_loaded()
        self.assertEqual(1, gateway.predict(1))

    def test_a_syntax_error_fails_the_import(self):
        self.fails("import_failed", "SyntaxError", "class Model\n")

    def test_a_missing_module_fails_the_import_by_name(self):
        self.fails("import_failed", "ModuleNotFoundError: No module named 'no_such_module'", "import no_such_module\n")

    def test_a_missing_class_fails_the_import(self):
        self.fails("import_failed", "has no class 'Model'", "x = 1\n")

    def test_a_missing_file_fails_the_import(self):
        self.fails("import_failed", "model", {"model/other.py": ""})

    def test_a_raising_load_fails_and_its_traceback_is_in_the_log(self):
        replica = self.fails("load_failed", "RuntimeError: no weights",
                             "class Model:\n    def load(self):\n        raise RuntimeError('no weights')\n    def predict(self, x):\n        return x\n")
        self.assertIn("in load", replica.log())

    def test_what_no_text_may_hold_does_not_hide_the_reason(self):
        self.fails("load_failed", "FileNotFoundError: caf?.bin \ufffd",
                   "class Model:\n    def load(self):\n        raise FileNotFoundError(b'caf\\xe9.bin \\0'.decode('utf-8', 'surrogateescape'))\n    def predict(self, x):\n        return x\n")

    def test_a_raising_asynchronous_load_fails(self):
        self.fails("load_failed", "RuntimeError: later",
                   "class Model:\n    async def load(self):\n        raise RuntimeError('later')\n    async def predict(self, x):\n        return x\n")

    def test_sys_exit_at_import_is_a_failure_and_not_a_silent_end(self):
        self.fails("import_failed", "SystemExit", "import sys\nsys.exit(0)\n")

    def test_an_import_that_exceeds_the_address_space_says_so(self):
        self.fails("memory_limit", "MemoryError", "data = bytearray(600_000_000)\n", address_space_bytes=512 * 1024 * 1024)

    def test_requests_during_a_long_load_are_told_not_ready(self):
        replica = self.given_file("import time\ntime.sleep(0.4)\ndef predict(x):\n    return x\n", wait=False)
        gateway = replica.connect()
        self.assertEqual("loading", gateway.hello["state"])
        with self.assertRaises(Refused) as refused:
            gateway.predict(1)
        self.assertEqual("not_ready", refused.exception.code)
        self.assertEqual(0, replica.control.ping()["in_flight"])
        loaded = replica.control.wait_loaded()
        self.assertGreaterEqual(loaded["load_ms"], 400)


class Liveness(ReplicaTest):
    def test_pings_are_answered_while_the_model_is_busy(self):
        replica = self.given_file(SLEEPY)
        replica.gateway.ask(0.6)
        waiting = replica.gateway.ask(0)
        time.sleep(0.4)
        started = time.monotonic()
        load = replica.control.ping()
        self.assertLess(time.monotonic() - started, 0.2)
        self.assertEqual((1, 1), (load["in_flight"], load["waiting"]))
        self.assertTrue(300 <= load["longest_ms"] <= 600, load)
        self.assertGreater(load["resident_bytes"], 5_000_000)
        replica.gateway.answer(waiting)
        load = wait_until(lambda: (lambda pong: pong["in_flight"] == 0 and pong)(replica.control.ping()))
        self.assertEqual((2, 2, 0), (load["calls"], load["requests"], load["longest_ms"]))

    def test_a_gateway_may_ping_too(self):
        replica = self.given_file(SLEEPY)
        self.assertEqual(0, replica.gateway.ping()["waiting"])

    def test_pings_are_answered_under_a_model_that_never_yields(self):
        replica = self.given_file("def predict(x):\n    while True:\n        pass\n")
        replica.gateway.ask(0)
        time.sleep(0.1)
        for _ in range(3):
            self.assertEqual(1, replica.control.ping()["in_flight"])


class Cancelling(ReplicaTest):
    def test_a_cancelled_synchronous_call_frees_the_caller_at_once_and_keeps_its_slot(self):
        replica = self.given_file(SLEEPY)
        slow = replica.gateway.ask(0.8)
        time.sleep(0.1)
        started = time.monotonic()
        replica.gateway.cancel(slow)
        with self.assertRaises(Refused) as refused:
            replica.gateway.answer(slow)
        self.assertLess(time.monotonic() - started, 0.5)
        self.assertEqual((499, "cancelled", 1), (refused.exception.status, refused.exception.code, refused.exception.begun))
        self.assertEqual(1, replica.control.ping()["in_flight"])
        self.assertEqual(0, replica.gateway.predict(0))
        self.assertGreater(time.monotonic() - started, 0.6)

    def test_a_coroutine_gets_cancelled_error(self):
        replica = self.given_file(ASYNC_SLEEPY)
        slow = replica.gateway.ask(30)
        wait_until(lambda: replica.control.ping()["in_flight"])
        replica.gateway.cancel(slow)
        with self.assertRaises(Refused):
            replica.gateway.answer(slow)
        wait_until(lambda: "cancelled inside" in replica.log(), 1)
        self.assertEqual(0, replica.gateway.predict(0))

    def test_cancel_of_a_request_that_is_not_open_is_ignored(self):
        replica = self.given_file(SLEEPY)
        replica.gateway.cancel(99)
        done = replica.gateway.ask(0)
        replica.gateway.answer(done)
        replica.gateway.cancel(done)
        self.assertEqual(0, replica.gateway.predict(0))

    def test_a_deadline_that_passes_while_the_model_runs(self):
        for source in (SLEEPY, ASYNC_SLEEPY):
            replica = self.given_file(source)
            started = time.monotonic()
            with self.assertRaises(Refused) as refused:
                replica.gateway.predict(1.2, deadline_ms=200)
            self.assertTrue(0.15 < time.monotonic() - started < 0.8)
            self.assertEqual((504, "deadline", 1), (refused.exception.status, refused.exception.code, refused.exception.begun))

    def test_a_deadline_that_passes_while_the_request_waits_never_reaches_the_model(self):
        replica = self.given_file("import time\ndef predict(x):\n    print('saw', x)\n    time.sleep(x)\n")
        replica.gateway.ask(0.5)
        late = replica.gateway.ask(7, deadline_ms=100)
        with self.assertRaises(Refused) as refused:
            replica.gateway.answer(late)
        self.assertEqual(("deadline", 0), (refused.exception.code, refused.exception.begun))
        replica.gateway.predict(0)
        self.assertNotIn("saw 7", replica.log())


class Ending(ReplicaTest):
    def test_drain_finishes_what_is_in_flight_and_refuses_the_rest(self):
        replica = self.given_file(SLEEPY)
        running, waiting = replica.gateway.ask(0.4), replica.gateway.ask(0)
        replica.gateway.ask(0.01)
        time.sleep(0.1)
        replica.control.drain()
        wait_until(lambda: replica.connect(peer="late").hello["state"] == "draining")
        late = replica.gateway.ask(1)
        with self.assertRaises(Refused) as refused:
            replica.gateway.answer(late)
        self.assertEqual((503, "draining", 0), (refused.exception.status, refused.exception.code, refused.exception.begun))
        self.assertEqual(b"0.4", replica.gateway.answer(running).body)
        self.assertEqual(b"0", replica.gateway.answer(waiting).body)
        exit = self.wait_exit(replica)
        self.assertEqual(("drained", 0, None, 0), (exit["reason"], exit["code"], exit["signal"], replica.process.returncode))
        self.assertFalse(os.path.exists(replica.spec["socket"]))

    def test_an_idle_replica_that_drains_ends_at_once(self):
        replica = self.given_file(SLEEPY)
        started = time.monotonic()
        replica.control.drain()
        self.wait_exit(replica)
        self.assertLess(time.monotonic() - started, 0.5)

    def test_no_request_that_was_sent_to_a_draining_replica_is_left_without_an_answer(self):
        for source in ("def predict(x):\n    return x\n", "async def predict(x):\n    return x\n"):
            replica = self.given_file(source)
            sent, answered = [], {}

            def send():
                try:
                    while True:
                        sent.append(replica.gateway.ask(1))
                except OSError:
                    pass   # what cannot be sent was not begun

            sender = threading.Thread(target=send)
            sender.start()
            time.sleep(0.05)
            replica.control.drain()
            try:
                while True:
                    frame = replica.gateway.read()
                    answered[frame.request] = frame.kind if frame.kind == 6 else parse_error(frame.payload).code
            except (Closed, OSError):
                pass
            sender.join()
            self.assertEqual(set(sent), set(answered))
            self.assertEqual({6, "draining"}, set(answered.values()) | {"draining"})
            self.assertEqual("drained", self.wait_exit(replica)["reason"])

    def test_what_the_model_has_started_ends_with_the_replica(self):
        replica = self.given_file("import subprocess\ndef predict(x):\n    return subprocess.Popen(['sleep', '1000']).pid\n")
        pid = replica.gateway.predict(0)
        self.assertTrue(is_alive(pid))
        replica.control.drain()
        self.wait_exit(replica)
        wait_until(lambda: not is_alive(pid))

    def test_sigterm_drains_also_while_the_model_runs(self):
        replica = self.given_file(SLEEPY)
        running = replica.gateway.ask(0.3)
        time.sleep(0.1)
        replica.process.send_signal(signal.SIGTERM)
        self.assertEqual(b"0.3", replica.gateway.answer(running).body)
        self.assertEqual("drained", self.wait_exit(replica)["reason"])

    def test_a_stream_in_flight_is_drained_to_its_end(self):
        replica = self.given_file("import time\ndef predict(x):\n    for n in range(5):\n        yield 'a'\n        time.sleep(0.05)\n")
        request = replica.gateway.ask(0)
        replica.gateway.inbox[request].append(replica.gateway.read_for(request))
        replica.control.drain()
        self.assertEqual(b"aaaaa", replica.gateway.answer(request).body)
        self.assertEqual("drained", self.wait_exit(replica)["reason"])

    def test_memory_error_in_predict_ends_the_replica_and_says_so(self):
        for prefix in ("", "async "):
            replica = self.given_file(prefix + "def predict(x):\n    return len(bytearray(x))\n", address_space_bytes=1024 * 1024 * 1024)
            self.assertEqual(1000, replica.gateway.predict(1000))
            with self.assertRaises(Refused) as refused:
                replica.gateway.predict(2_000_000_000)
            self.assertEqual((502, "memory_limit", 1), (refused.exception.status, refused.exception.code, refused.exception.begun))
            exit = self.wait_exit(replica)
            self.assertEqual(("memory_limit", 2, 2), (exit["reason"], exit["code"], replica.process.returncode))

    def test_memory_error_in_a_batch_ends_the_replica(self):
        replica = self.given_file("def predict(xs):\n    return [len(bytearray(x)) for x in xs]\n", batch=True, address_space_bytes=1024 * 1024 * 1024)
        with self.assertRaises(Refused) as refused:
            replica.gateway.predict(2_000_000_000)
        self.assertEqual("memory_limit", refused.exception.code)
        self.assertEqual("memory_limit", self.wait_exit(replica)["reason"])


class Servers(ReplicaTest):
    def test_a_wrong_token_is_refused(self):
        replica = self.given_file(SLEEPY)
        for token in ("", "wrong", "t0kenn", "tök"):
            with self.assertRaises(Refused) as refused:
                replica.connect(peer="x", token=token)
            self.assertEqual("bad_token", refused.exception.code)

    def test_another_protocol_version_is_refused(self):
        replica = self.given_file(SLEEPY)
        with self.assertRaises(Refused) as refused:
            replica.connect(peer="x", protocol=2)
        self.assertEqual("protocol_mismatch", refused.exception.code)

    def test_an_older_epoch_is_refused_and_a_newer_one_taken(self):
        replica = self.given_file(SLEEPY)
        replica.control.close()
        newer = replica.connect("control", epoch=5)
        newer.wait_loaded()
        with self.assertRaises(Refused) as refused:
            replica.connect("control", epoch=4)
        self.assertEqual("stale_epoch", refused.exception.code)
        self.assertEqual(0, newer.ping()["in_flight"])
        self.assertEqual("ready", replica.connect("gateway", epoch=5, peer="again").hello["state"])

    def test_the_same_peer_replaces_its_earlier_connection_and_what_that_had_in_flight(self):
        replica = self.given_file(ASYNC_SLEEPY)
        other = replica.connect(peer="other")
        other.wait_loaded()
        replica.gateway.ask(30)
        wait_until(lambda: replica.control.ping()["in_flight"])
        kept = other.ask(0.3)
        again = replica.connect()
        again.wait_loaded()
        self.assertRaises(Closed, replica.gateway.read)
        wait_until(lambda: "cancelled inside" in replica.log(), 1)
        self.assertEqual(b"0.3", other.answer(kept).body)
        self.assertEqual(0, again.predict(0))

    def test_a_lost_control_connection_changes_nothing_for_the_gateways(self):
        replica = self.given_file(SLEEPY)
        running = replica.gateway.ask(0.2)
        replica.control.close()
        self.assertEqual(b"0.2", replica.gateway.answer(running).body)
        self.assertEqual(0, replica.gateway.predict(0))

    def test_a_server_that_comes_back_finds_the_replica_ready(self):
        replica = self.given_file(SLEEPY)
        replica.control.close()
        replica.gateway.close()
        time.sleep(0.1)
        control = replica.connect("control", epoch=2)
        self.assertEqual("ready", control.hello["state"])
        control.wait_loaded()
        gateway = replica.connect(epoch=2)
        gateway.wait_loaded()
        self.assertEqual(0, gateway.predict(0))

    def test_without_any_server_for_long_it_ends(self):
        replica = self.given_file(SLEEPY, no_server_seconds=0.6)
        time.sleep(0.9)
        self.assertTrue(is_alive(replica.process.pid))
        replica.control.close()
        replica.gateway.close()
        self.assertEqual(("no_server", 0), (self.wait_exit(replica, 4)["reason"], replica.process.returncode))

    def test_a_connection_that_says_nothing_is_closed_and_junk_too(self):
        replica = self.given_file(SLEEPY)
        hello = b'{"protocol":1,"role":"control","peer":"p","token":%s,"epoch":%s}'
        odd = [pack(1, 0, text) for text in (b"[" * 4000, b"7", hello % (b'"\\ud800"', b"1"), hello % (b'"t"', b"1e400"), hello % (b"[]", b'"x"'))]
        for junk in (*odd, b"GET / HTTP/1.1\r\n\r\n", b"\0" * 64, pack_predict(1, b"1"), b"\x20\0\0\0\x01" + b"\0" * 8 + b"not json, not at all..."):
            with socket.socket(socket.AF_UNIX) as channel:
                channel.settimeout(5)
                channel.connect(replica.spec["socket"])
                channel.sendall(junk)
                try:
                    answer = channel.recv(1000)
                    self.assertTrue(answer == b"" or b"bad_token" in answer, answer)
                except ConnectionResetError:
                    pass
        self.assertEqual(0, replica.gateway.predict(0))


class Output(ReplicaTest):
    def test_every_line_carries_time_level_and_the_prediction(self):
        replica = self.given_file("""
import logging, os, sys
def predict(x):
    print("hello", x)
    print("two\\nlines")
    print("an error", file=sys.stderr)
    logging.getLogger("mine").warning("careful %d", x)
    os.write(1, b"native\\n")
""")
        prediction = uuid.uuid4()
        replica.gateway.predict(5, prediction=prediction)
        lines = [line.split(" ", 1) for line in replica.log().splitlines()]
        self.assertEqual([f"INFO  {prediction} hello 5", f"INFO  {prediction} two", f"INFO  {prediction} lines",
                          f"WARN  {prediction} an error", f"WARN  {prediction} mine: careful 5"], [rest for stamp, *_ in lines for rest in _][:5])
        self.assertEqual(["native"], lines[5])

    def test_lines_of_concurrent_coroutines_carry_their_own_prediction(self):
        replica = self.given_file("import asyncio\nasync def predict(x):\n    await asyncio.sleep(0.1)\n    print('is', x)\n", wait=False)
        replica = self.given_truss("import asyncio\nclass Model:\n    async def predict(self, x):\n        await asyncio.sleep(0.1)\n        print('is', x)\n",
                                   predict_concurrency=4)
        predictions = [uuid.uuid4() for _ in range(4)]
        asked = [replica.gateway.ask(n, prediction=prediction) for n, prediction in enumerate(predictions)]
        for request in asked:
            replica.gateway.answer(request)
        for n, prediction in enumerate(predictions):
            self.assertIn(f"INFO  {prediction} is {n}\n", replica.log())

    def test_a_flood_of_output_breaks_nothing(self):
        replica = self.given_file("""
import os, sys
def predict(x):
    sys.stdout.reconfigure(line_buffering=True)
    for n in range(20_000):
        print("y" * 200)
    os.write(1, b"z" * 5_000_000)
    sys.stdout.buffer.write(b"raw\\n")
    return "done"
""")
        request = replica.gateway.ask(0)
        for _ in range(5):
            replica.control.ping()
        self.assertEqual(b'"done"', replica.gateway.answer(request).body)
        self.assertGreater(os.path.getsize(replica.spec["log"]), 9_000_000)

    def test_the_log_may_be_truncated_under_it(self):
        replica = self.given_file("def predict(x):\n    print(x)\n")
        replica.gateway.predict("first")
        os.truncate(replica.spec["log"], 0)
        replica.gateway.predict("second")
        self.assertRegex(replica.log(), r"^\d.* second\n$")

    def test_a_closed_standard_output_does_not_break_a_prediction(self):
        replica = self.given_file("import os, sys\ndef predict(x):\n    os.close(1)\n    print('lost')\n    return 1\n")
        self.assertEqual(1, replica.gateway.predict(0))
