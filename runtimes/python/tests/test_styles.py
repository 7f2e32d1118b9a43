"""Every way in which a package may be written."""

from driver import ReplicaTest


class Styles(ReplicaTest):
    def test_a_bare_file_with_predict_answers(self):
        replica = self.given_file("def predict(inputs):\n    return {'sum': sum(inputs)}\n")
        self.assertEqual({"sum": 6}, replica.gateway.predict([1, 2, 3]))
