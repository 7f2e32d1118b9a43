"""Streams: every item when it is yielded, credit, cancel, and what a generator sees of them."""

import json
import struct
import time

from driver import Refused, ReplicaTest, pack, parse_error, parse_result, wait_until

COUNTING = """
import time
class Model:
    def predict(self, x):
        try:
            for n in range(x["count"]):
                yield {"n": n}
                time.sleep(x["seconds"])
        except GeneratorExit:
            print("left")
            raise
        finally:
            print("closed")
"""

ASYNC_COUNTING = """
import asyncio
class Model:
    async def predict(self, x):
        try:
            for n in range(x["count"]):
                yield {"n": n}
                await asyncio.sleep(x["seconds"])
        except (GeneratorExit, asyncio.CancelledError):
            print("left")
            raise
        finally:
            print("closed")
"""

FLOOD = """
class Model:
    def predict(self, x):
        try:
            while True:
                yield b"x" * 50_000
        finally:
            print("closed")
"""

ASYNC_FLOOD = FLOOD.replace("def predict", "async def predict")

RETURNED = """
class Model:
    async def predict(self, x):
        def items():
            try:
                while True:
                    yield b"x" * 50_000
            finally:
                print("closed")
        return items()
"""


class Streams(ReplicaTest):
    def test_items_arrive_when_they_are_yielded(self):
        for source in (COUNTING, ASYNC_COUNTING):
            with self.subTest(source[:40]):
                replica = self.given_truss(source)
                self.assertTrue(replica.loaded["streams"])
                gateway = replica.gateway
                request = gateway.ask({"count": 4, "seconds": 0.2})
                head = parse_result(gateway.read_for(request).payload)
                self.assertEqual((1, 200, "application/x-ndjson", True, b""), (*head[:3], head[3]["stream"], head[4]))
                times = []
                for n in range(4):
                    frame = gateway.read_for(request)
                    times.append(time.monotonic())
                    self.assertEqual((7, {"n": n}), (frame.kind, json.loads(frame.payload)))
                self.assertEqual((8, b"\0"), gateway.read_for(request)[::2])
                for earlier, later in zip(times, times[1:]):
                    self.assertTrue(0.1 < later - earlier < 0.35, times)

    def test_text_and_bytes_leave_as_they_are(self):
        replica = self.given_file("def predict(x):\n    yield 'ä' if x else b'\\xff'\n    yield b'!'\n")
        text = replica.gateway.answer(replica.gateway.ask(1))
        self.assertEqual(("text/plain; charset=utf-8", "ä!".encode(), 0), (text.content_type, text.body, text.outcome))
        raw = replica.gateway.answer(replica.gateway.ask(0))
        self.assertEqual(("application/octet-stream", b"\xff!"), (raw.content_type, raw.body))

    def test_an_empty_stream_is_complete(self):
        for source in ("def predict(x):\n    return\n    yield\n", "async def predict(x):\n    return\n    yield\n"):
            replica = self.given_file(source)
            answer = replica.gateway.answer(replica.gateway.ask(1))
            self.assertEqual((b"", 0, True), (answer.body, answer.outcome, answer.extras["stream"]))

    def test_raising_before_the_first_item_is_an_error_and_after_it_a_broken_stream(self):
        for prefix in ("", "async "):
            replica = self.given_file(prefix + "def predict(x):\n    if x: yield 'a'\n    raise KeyError('k')\n    yield\n")
            with self.assertRaises(Refused) as refused:
                replica.gateway.predict(0)
            self.assertEqual("model_error", refused.exception.code)
            answer = replica.gateway.answer(replica.gateway.ask(1))
            self.assertEqual((b"a", 1, {"message": "The model raised KeyError; the traceback is in the deployment's log."}),
                             (answer.body, answer.outcome, answer.end))
            self.assertIn("KeyError: 'k'", replica.log())

    def test_an_item_that_cannot_be_written_breaks_the_stream(self):
        for prefix in ("", "async "):
            replica = self.given_file(prefix + "def predict(x):\n    yield 1\n    yield float('nan')\n")
            answer = replica.gateway.answer(replica.gateway.ask(1))
            self.assertEqual((b"1\n", 1), (answer.body, answer.outcome))

    def test_an_item_larger_than_a_frame_arrives_whole(self):
        replica = self.given_file("def predict(x):\n    yield 'a' * 1_000_000\n    yield 'b'\n")
        answer = replica.gateway.answer(replica.gateway.ask(1))
        self.assertEqual(b"a" * 1_000_000 + b"b", answer.body)

    def test_cancel_reaches_a_generator_within_a_second(self):
        for source in (COUNTING, ASYNC_COUNTING):
            with self.subTest(source[:40]):
                replica = self.given_truss(source)
                gateway = replica.gateway
                request = gateway.ask({"count": 1000, "seconds": 0.1})
                gateway.read_for(request)
                cancelled = time.monotonic()
                gateway.cancel(request)
                with self.assertRaises(Refused) as refused:
                    while True:
                        frame = gateway.read_for(request)
                        if frame.kind == 10:
                            raise parse_error(frame.payload)
                self.assertEqual((499, "cancelled", 1), (refused.exception.status, refused.exception.code, refused.exception.begun))
                wait_until(lambda: "closed" in replica.log(), 1.0)
                self.assertLess(time.monotonic() - cancelled, 1.0)
                self.assertIn("left", replica.log())
                self.assertEqual(b'{"n":0}\n', gateway.answer(gateway.ask({"count": 1, "seconds": 0})).body)

    def test_a_lost_gateway_ends_its_generators_within_a_second(self):
        for source in (COUNTING, ASYNC_COUNTING):
            with self.subTest(source[:40]):
                replica = self.given_truss(source)
                request = replica.gateway.ask({"count": 1000, "seconds": 0.1})
                replica.gateway.read_for(request)
                replica.gateway.close()
                wait_until(lambda: "closed" in replica.log(), 1.0)

    def read_until_stalled(self, gateway, request):
        """Reads without granting; returns the body bytes that came."""
        body = 0
        while body < 262_144:
            frame = gateway.read_for(request)
            if frame.kind == 7:
                body += len(frame.payload)
            elif frame.kind == 6:
                body += len(parse_result(frame.payload)[4])
            else:
                self.fail(frame)
        return body

    def test_a_slow_reader_gets_no_more_than_its_credit_and_blocks_nobody(self):
        for source in (FLOOD, ASYNC_FLOOD, RETURNED):
            with self.subTest(source[:60]):
                replica = self.given_truss(source, predict_concurrency=2)
                gateway = replica.gateway
                slow = gateway.ask(0)
                self.assertEqual(262_144, self.read_until_stalled(gateway, slow))
                quick = gateway.ask(0)
                seen = 0
                while seen < 5_000_000:
                    frame = gateway.read_for(quick)
                    if frame.kind == 7:
                        seen += len(frame.payload)
                        gateway.send(pack(9, quick, struct.pack("<I", len(frame.payload))))
                self.assertFalse(gateway.inbox[slow])
                gateway.send(pack(9, slow, struct.pack("<I", 1000)))
                self.assertEqual(1000, len(gateway.read_for(slow).payload))

    def test_a_generator_that_waits_for_credit_is_closed_within_a_second_of_a_cancel(self):
        for source in (FLOOD, ASYNC_FLOOD, RETURNED):
            for concurrency in (1, 2):
                with self.subTest(source[:60], concurrency=concurrency):
                    replica = self.given_truss(source, predict_concurrency=concurrency)
                    slow = replica.gateway.ask(0)
                    self.read_until_stalled(replica.gateway, slow)
                    replica.gateway.cancel(slow)
                    wait_until(lambda: "closed" in replica.log(), 1.0)
                    with self.assertRaises(Refused):
                        raise parse_error(replica.gateway.read_for(slow).payload)

    def test_a_generator_that_waits_for_credit_is_closed_within_a_second_of_a_lost_gateway(self):
        for source in (FLOOD, ASYNC_FLOOD):
            replica = self.given_truss(source)
            slow = replica.gateway.ask(0)
            self.read_until_stalled(replica.gateway, slow)
            replica.gateway.close()
            wait_until(lambda: "closed" in replica.log(), 1.0)
            self.assertEqual(0, replica.control.ping()["in_flight"])

    def test_a_slow_reader_of_a_long_answer_does_not_hold_the_only_slot(self):
        replica = self.given_file("def predict(x):\n    return b'x' * x\n")
        gateway = replica.gateway
        slow = gateway.ask(1_000_000)
        self.assertEqual(262_144, self.read_until_stalled(gateway, slow))
        self.assertEqual(b"xx", gateway.predict(2))
        gateway.cancel(slow)
        self.assertEqual("cancelled", parse_error(gateway.read_for(slow).payload).code)

    def test_a_gateway_that_reads_nothing_does_not_stop_another(self):
        replica = self.given_truss(FLOOD.replace("while True:", "for _ in range(5):"), predict_concurrency=2)
        deaf = replica.connect(peer="deaf")
        for _ in range(8):
            deaf.ask(0)
        self.assertEqual(250_000, len(replica.gateway.answer(replica.gateway.ask(0)).body))
        self.assertEqual(250_000, len(replica.gateway.answer(replica.gateway.ask(0)).body))

    def test_a_deadline_ends_a_stream(self):
        for source in (COUNTING, ASYNC_COUNTING):
            replica = self.given_truss(source)
            with self.assertRaises(Refused) as refused:
                replica.gateway.predict({"count": 100, "seconds": 0.05}, deadline_ms=300)
            self.assertEqual((504, "deadline", 1), (refused.exception.status, refused.exception.code, refused.exception.begun))
            wait_until(lambda: "closed" in replica.log(), 1.0)
