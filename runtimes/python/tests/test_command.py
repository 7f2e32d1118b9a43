"""A model that is a program of its own, reached over HTTP."""

import json
import os
import sys

from driver import Refused, ReplicaTest, is_alive, pack, wait_until

SERVE = """
import http.server, json, os, socket, subprocess, sys, time
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        if self.path == "/long":
            self.whole(200, b"", 60_000)
            try:
                for _ in range(6):
                    time.sleep(0.01)
                    self.wfile.write(b"w" * 10_000)
                    self.wfile.flush()
                print("checked", flush=True)
            except OSError as exception:
                print("cut off", exception, flush=True)
        elif self.path == "/wrong":
            self.whole(404, b"")
        else:
            self.whole(503 if os.path.exists(os.environ["SICK"]) else 200, b"well")
    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        said = json.loads(body) if self.headers["Content-Type"] == "application/json" else None
        print("asked", body.decode(), os.environ.get("TOKEN"), flush=True)
        if said == "stream":
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for part in (b"data: 1\\n\\n", b"data: 2\\n\\n"):
                self.wfile.write(b"%x\\r\\n%s\\r\\n" % (len(part), part))
                self.wfile.flush()
            self.wfile.write(b"0\\r\\n\\r\\n")
        elif said == "teapot":
            self.whole(418, b'{"error":"short and stout"}')
        elif said == "die":
            os._exit(7)
        elif said == "hang up":
            self.close_connection = True
            self.whole(200, b'"bye"')
            self.connection.shutdown(socket.SHUT_RDWR)
            print("hung up", flush=True)
        elif said == "vanish":
            self.close_connection = True
        elif said == "short":
            self.close_connection = True
            self.whole(200, b'"half"', 100)
        elif isinstance(said, dict) and "raw" in said:
            self.wfile.write(said["raw"].encode("latin-1"))
            self.wfile.flush()
            self.close_connection = said.get("close", True)
        elif said == "stall":
            self.whole(200, b'"half"', 100)
            time.sleep(30)
        elif said == "never":
            time.sleep(30)
        elif said == "mumble":
            sys.stdout.write("m" * 70_000)
            sys.stdout.flush()
            self.whole(200, b'"hm"')
        elif said == "leave a child":
            with open("child", "w") as file:
                file.write(str(subprocess.Popen(["sleep", "60"]).pid))
            print("last words", flush=True)
            os._exit(7)
        elif said == "sleep":
            time.sleep(5)
            self.whole(200, b'"late"')
        else:
            self.whole(200, json.dumps([said, self.path, self.headers["Content-Type"], self.headers.get("Slipway-Prediction-Id") is not None, os.getcwd()]).encode())
    def whole(self, status, body, length=None):
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(length or len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *_):
        pass
print("starting", os.environ["PORT"], flush=True)
http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
"""


class Commands(ReplicaTest):
    def given_program(self, source=SERVE, command=None, http=None, wait=True, concurrency=4, **members):
        self.sick = os.path.join(self.root, "sick")
        model = {"kind": "command", "module": "", "command": command or ["python3", "serve.py"], "predict_concurrency": concurrency,
                 "http": {"predict_path": "/ask", "health_path": "/health", "health_interval_s": 0.05, **(http or {})}}
        return self.given_replica({"serve.py": source}, model, wait=wait, environment={"SICK": self.sick}, **members)

    def children_of(self, replica):
        found = []
        for name in os.listdir("/proc"):
            if name.isdigit():
                try:
                    with open(f"/proc/{name}/stat") as stat:
                        if int(stat.read().rpartition(")")[2].split()[1]) == replica.process.pid:
                            found.append(int(name))
                except OSError:
                    pass
        return found

    def test_bodies_statuses_and_streams_pass_through(self):
        replica = self.given_program()
        self.assertEqual(4, replica.loaded["concurrency"])
        self.assertEqual([{"a": 1}, "/ask", "application/json", True, replica.package], replica.gateway.predict({"a": 1}))
        answer = replica.gateway.answer(replica.gateway.ask("teapot"))
        self.assertEqual((418, "application/json", {"error": "short and stout"}), (answer.status, answer.content_type, json.loads(answer.body)))
        answer = replica.gateway.answer(replica.gateway.ask("stream"))
        self.assertEqual(("text/event-stream", b"data: 1\n\ndata: 2\n\n"), (answer.content_type, answer.body))
        self.assertIn(" INFO  - starting ", replica.log())

    def test_a_connection_that_the_program_has_closed_is_not_used_again(self):
        replica = self.given_program(concurrency=1)
        for times in range(1, 4):
            self.assertEqual("bye", replica.gateway.predict("hang up"))
            wait_until(lambda: replica.log().count("hung up") == times)

    def test_what_the_program_has_read_is_not_sent_again(self):
        replica = self.given_program(concurrency=1)
        replica.gateway.predict(1)   # the next is on a connection that was kept
        with self.assertRaises(Refused) as refused:
            replica.gateway.predict("vanish")
        self.assertEqual((502, "model_error", 1), (refused.exception.status, refused.exception.code, refused.exception.begun))
        self.assertEqual(1, replica.gateway.predict(1)[0])
        wait_until(lambda: replica.log().count("asked 1 ") == 2)
        self.assertEqual(1, replica.log().count('asked "vanish"'))

    def test_half_an_answer_is_none(self):
        replica = self.given_program(concurrency=1)
        with self.assertRaises(Refused) as refused:
            replica.gateway.predict("short")
        self.assertEqual((502, "bad_answer", "The program's answer ended early."), (refused.exception.status, refused.exception.code, refused.exception.message))
        self.assertEqual(1, replica.gateway.predict(1)[0])

    def test_the_framing_of_an_answer_is_not_passed_on_and_a_doubtful_one_is_none(self):
        replica = self.given_program(concurrency=1)
        head = "HTTP/1.1 200 OK\r\nContent-Type: text/csv\r\n"
        hop = "Connection: close, X-Own\r\nKeep-Alive: timeout=5\r\nUpgrade: h2c\r\nTrailer: X-Own\r\nTE: trailers\r\nProxy-Authenticate: Basic\r\nSet-Cookie: a=b\r\nX-Own: 1\r\n"
        for name, raw, whole in (
            ("a length", f"{head}{hop}Content-Length: 2\r\n\r\nok", True),
            ("the same length twice", f"{head}Content-Length: 2\r\nContent-Length: 2\r\n\r\nok", True),
            ("a length with a blank behind it", f"{head}Content-Length: 2 \r\n\r\nok", True),
            ("chunks with an extension and a trailer", f"{head}{hop}Transfer-Encoding: Chunked\r\n\r\n2;a=b\r\nok\r\n0\r\nContent-Length: 7\r\n\r\n", False),
            ("an end of the connection", f"{head}Connection: close\r\n\r\nok", False),
        ):
            with self.subTest(name):
                answer = replica.gateway.answer(replica.gateway.ask({"raw": raw}))
                self.assertEqual((200, "text/csv", b"ok"), (answer.status, answer.content_type, answer.body))
                self.assertEqual({"content_type"} if whole else {"content_type", "stream"}, set(answer.extras))
        for name, raw in (
            ("a length and chunks", f"{head}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"),
            ("two lengths", f"{head}Content-Length: 2\r\nContent-Length: 3\r\n\r\nok!"),
            ("two lengths in one", f"{head}Content-Length: 2, 3\r\n\r\nok!"),
            ("a negative length", f"{head}Content-Length: -2\r\n\r\nok"),
            ("a length with a sign", f"{head}Content-Length: +2\r\n\r\nok"),
            ("a coding that nobody undoes", f"{head}Transfer-Encoding: gzip, chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"),
            ("chunks with a blank behind the word", f"{head}Transfer-Encoding: chunked \r\n\r\n2\r\nok\r\n0\r\n\r\n"),
            ("another protocol", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"),
            ("an error in chunks that end early", "HTTP/1.1 500 Oh\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nok"),
        ):
            with self.subTest(name), self.assertRaises(Refused) as refused:
                replica.gateway.predict({"raw": raw})
            self.assertEqual((502, "bad_answer"), (refused.exception.status, refused.exception.code), name)
        # What was sent behind an answer is not the answer to the next request.
        with self.subTest("an answer too many"):
            replica.gateway.answer(replica.gateway.ask({"raw": f"{head}Content-Length: 2\r\n\r\nok{head}Content-Length: 5\r\n\r\nwrong", "close": False}))
            self.assertEqual(1, replica.gateway.predict(1)[0])

    def test_after_an_answer_that_stalls_the_next_is_on_a_new_connection(self):
        replica = self.given_program(concurrency=1)
        for stalled in ("stall", "never"):
            with self.subTest(stalled), self.assertRaises(Refused) as refused:   # by the replica's thread or by the call, whoever notices first
                replica.gateway.predict(stalled, deadline_ms=500)
            self.assertEqual((504, "deadline", "The deadline passed before the model answered.", 1),
                             (refused.exception.status, refused.exception.code, refused.exception.message, refused.exception.begun))
        self.assertEqual(1, replica.gateway.predict(1)[0])

    def test_the_answer_of_a_check_is_read_to_its_end(self):
        replica = self.given_program(http={"health_path": "/long"})
        wait_until(lambda: replica.log().count("checked") >= 3)
        self.assertNotIn("cut off", replica.log())

    def test_a_line_without_end_reaches_the_log(self):
        replica = self.given_program(http={"health_path": None})   # checks make the program print lines that end
        self.assertEqual("hm", replica.gateway.predict("mumble"))
        wait_until(lambda: "m" * 65_536 in replica.log())

    def test_a_program_that_ends_leaves_no_child_and_its_last_words(self):
        replica = self.given_program()
        replica.gateway.ask("leave a child")
        self.assertEqual("crashed", self.wait_exit(replica)["reason"])
        with open(os.path.join(replica.package, "child")) as file:
            child = int(file.read())
        wait_until(lambda: not is_alive(child))
        self.assertIn("last words", replica.log())

    def test_what_a_program_prints_shows_no_secret(self):
        replica = self.given_program(secrets={"TOKEN": "open sesame"})
        replica.gateway.predict(1)
        wait_until(lambda: "asked 1 [secret TOKEN]" in replica.log())
        self.assertNotIn("open sesame", replica.log())

    def test_a_program_that_ends_ends_its_replica(self):
        replica = self.given_program()
        replica.gateway.ask("die")
        exit = self.wait_exit(replica)
        self.assertEqual(("crashed", "The program ended with code 7."), (exit["reason"], exit["message"]))

    def test_a_program_that_never_listens_is_a_failed_load(self):
        replica = self.given_program("import sys\nprint('no weights here')\nsys.exit(3)\n", wait=False)
        exit = self.wait_exit(replica)
        self.assertEqual("load_failed", exit["reason"])
        self.assertIn("code 3 before it listened", exit["message"])
        self.assertIn("no weights here", replica.log())

    def test_a_sick_program_is_silent_until_it_is_well(self):
        replica = self.given_program()
        replica.control.ping()
        open(self.sick, "w").close()
        wait_until(lambda: "does not answer well" in replica.log())
        replica.control.send(pack(12))
        replica.control.socket.settimeout(0.3)
        with self.assertRaises(TimeoutError):
            replica.control.read_for(0)
        os.unlink(self.sick)
        wait_until(lambda: "is well again" in replica.log())
        replica.control.socket.settimeout(10)
        replica.control.ping()

    def test_the_deployments_health_path_wins_and_changes_while_it_runs(self):
        replica = self.given_program(http={"health_path": "/wrong"}, health={"health_path": "/health", "health_interval_s": 60})   # /wrong would never load
        replica.control.ping(b'{"health_path":"/health","health_interval_s":60}')
        replica.control.send(pack(12))
        wait_until(lambda: "does not answer well at /wrong" in replica.log())   # nothing said: the package's path again, and not after the 60 s
        replica.control.send(pack(12, 0, b'{"health_path":"/health"}'))
        wait_until(lambda: "is well again at /health" in replica.log())

    def test_a_program_without_a_path_of_its_own_is_checked_at_the_deployments(self):
        replica = self.given_program(http={"health_path": None})
        replica.control.ping(b'{"health_path":"/wrong","health_interval_s":0.05}')
        wait_until(lambda: "does not answer well at /wrong" in replica.log())
        replica.control.send(pack(12))
        wait_until(lambda: "is well again" in replica.log())   # that it listened is enough again

    def test_a_file_of_the_package_is_started_though_it_may_not_be(self):
        replica = self.given_program(f"#!{sys.executable}\n{SERVE}", command=["./serve.py"])
        self.assertEqual([1, "/ask", "application/json", True, replica.package], replica.gateway.predict(1))

    def test_a_drained_replica_leaves_no_program(self):
        replica = self.given_program()
        program = wait_until(lambda: self.children_of(replica))[0]
        replica.control.drain()
        self.assertEqual("drained", self.wait_exit(replica)["reason"])
        wait_until(lambda: not is_alive(program))
