"""The shared vectors of docs/replica-protocol-vectors.json, against the runner's own reading and writing of frames."""

import json
import unittest
import uuid

from driver import VECTORS, Closed, ReplicaTest, pack
from slipway_runner import frames

with open(VECTORS, encoding="utf-8") as file:
    SHARED = json.load(file)


def _text(members):
    return json.dumps(members, separators=(",", ":")).encode() if members else b""


def _write(vector):
    """The frame as this runtime writes it, or for frames that only the server writes None."""
    kind, request = vector["kind"], vector["request"]
    if kind in ("hello", "loaded", "failed"):
        return frames.json_frame(vector["kind_code"], vector["json"])
    if kind == "reload":
        return frames.frame(vector["kind_code"], request, frames.json_payload(vector["json"]))
    if kind == "result":
        body = bytes.fromhex(vector["body_hex"])
        extras = dict(vector["extras"])
        content_type = frames.CONTENT_TYPES.get(vector["content_type_code"]) or extras.pop("content_type")
        return frames.result(request, body, content_type, vector["status"], extras, vector["more"])
    if kind == "chunk":
        return frames.chunk(request, bytes.fromhex(vector["body_hex"]))
    if kind == "end":
        return frames.end(request, vector["outcome"] == 1, vector["json"])
    if kind == "credit":
        return frames.credit(request, vector["bytes"])
    if kind == "error":
        return frames.error(request, vector["status"], vector["code"], vector["message"], vector["source"], vector["begun"])
    if kind == "pong":
        return frames.pong(*(vector[name] for name in ("in_flight", "waiting", "calls", "requests", "resident_bytes", "longest_ms")))
    return None


class Vectors(unittest.TestCase):
    def test_the_vectors_hold_every_kind(self):
        self.assertEqual(set(range(1, 16)), {vector["kind_code"] for vector in SHARED["frames"]})

    def test_every_frame_towards_the_server_is_written_to_the_byte(self):
        for vector in SHARED["frames"]:
            if vector["direction"] == "to_server":
                with self.subTest(vector["name"]):
                    self.assertEqual(vector["hex"], _write(vector).hex())

    def test_the_short_way_to_write_a_json_result_writes_the_same(self):
        vector = next(v for v in SHARED["frames"] if v["name"] == "result_json")
        self.assertEqual(vector["hex"], frames.json_result(vector["request"], bytes.fromhex(vector["body_hex"])).hex())

    def test_every_head_reads_as_the_vector_says(self):
        for vector in SHARED["frames"]:
            with self.subTest(vector["name"]):
                data = bytes.fromhex(vector["hex"])
                self.assertEqual((len(data) - 4, vector["kind_code"], vector["request"]), frames.head.unpack_from(data))

    def test_every_predict_reads_as_the_vector_says(self):
        for vector in SHARED["frames"]:
            if vector["kind"] == "predict":
                with self.subTest(vector["name"]):
                    data = bytes.fromhex(vector["hex"])
                    flags, prediction, deadline, code, size = frames.predict_head.unpack_from(data, 13)
                    self.assertEqual(
                        (vector["more"], vector["prediction_id"], vector["deadline_ms"], vector["content_type_code"]),
                        (bool(flags & 1), str(uuid.UUID(bytes=prediction)), deadline, code))
                    self.assertEqual(_text(vector["extras"]), data[37:37 + size])
                    self.assertEqual(vector["body_hex"], data[37 + size:].hex())


class InvalidFrames(ReplicaTest):
    def test_each_invalid_frame_closes_its_connection_and_no_other(self):
        replica = self.given_file("def predict(inputs):\n    return inputs\n")
        for vector in SHARED["invalid"]:
            with self.subTest(vector["name"]):
                bad = replica.connect(peer="bad")
                bad.wait_loaded()
                bad.send(bytes.fromhex(vector["hex"]))
                with self.assertRaises(Closed):
                    bad.read()
                self.assertEqual(1, replica.gateway.predict(1))

    def test_frames_of_the_other_role_close_the_connection(self):
        replica = self.given_file("def predict(inputs):\n    return inputs\n")
        gateway = replica.connect(peer="bad")
        gateway.wait_loaded()
        gateway.send(pack(14))
        self.assertRaises(Closed, gateway.read)
        self.assertEqual(1, replica.gateway.predict(1))
        replica.control.send(pack(11, 1))
        self.assertRaises(Closed, replica.control.read)

    def test_a_request_id_that_is_still_open_closes_the_connection(self):
        replica = self.given_file("import time\ndef predict(inputs):\n    time.sleep(inputs)\n")
        replica.gateway.ask(0.3)
        replica.gateway.next_id = 1
        replica.gateway.ask(0)
        self.assertRaises(Closed, replica.gateway.read)

    def test_a_frame_may_arrive_byte_by_byte(self):
        replica = self.given_file("def predict(inputs):\n    return inputs\n")
        vector = next(v for v in SHARED["frames"] if v["name"] == "predict_json")
        for byte in bytes.fromhex(vector["hex"]):
            replica.gateway.send(bytes([byte]))
        self.assertEqual(bytes.fromhex(vector["body_hex"]), replica.gateway.answer(vector["request"]).body)

    def test_reload_is_answered_by_reload(self):
        replica = self.given_file("def predict(inputs):\n    return inputs\n")
        vector = next(v for v in SHARED["frames"] if v["name"] == "reload")
        replica.control.send(bytes.fromhex(vector["hex"]))
        frame = replica.control.read_for(vector["request"])
        self.assertEqual((15, "full_push_required"), (frame.kind, json.loads(frame.payload)["outcome"]))


if __name__ == "__main__":
    unittest.main()
