"""The models of samples/, as they would be served."""

import importlib.util
import json
import os
import re
import unittest

from driver import RUNNER, Refused, ReplicaTest

SAMPLES = os.path.join(os.path.dirname(os.path.dirname(RUNNER)), "samples")


class Samples(ReplicaTest):
    def given_sample(self, name):
        folder = os.path.join(SAMPLES, name)
        with open(os.path.join(folder, "config.yaml")) as file:
            config = file.read()
        concurrency = re.search(r"^  predict_concurrency: (\d+)$", config, re.MULTILINE)
        model = {"kind": "truss", "class": "Model", "module": "model/model.py", "batch": "\nbatch: true\n" in config,
                 "predict_concurrency": int(concurrency.group(1))}
        return self.given_replica({}, model, package=folder)

    def test_the_answers_in_the_readmes_are_real(self):
        for name in ("sentiment", "iris"):
            if name == "iris" and importlib.util.find_spec("sklearn") is None:
                continue
            with open(os.path.join(SAMPLES, name, "README.md"), encoding="utf-8") as file:
                text = file.read()
            asked = json.loads(re.search(r"-d '(.*?)'", text).group(1))
            shown = json.loads(re.search(r"```json\n(.*?)\n```", text, re.DOTALL).group(1))
            self.assertEqual(shown, self.given_sample(name).gateway.predict(asked))

    def test_sentiment_explains_itself_and_takes_lists(self):
        replica = self.given_sample("sentiment")
        good, bad = replica.gateway.predict(["What a delicious cake!", {"text": "The waiter was not friendly."}])
        self.assertEqual(("positive", "delicious"), (good["label"], good["words"][0]["word"]))
        self.assertEqual(("negative", "not friendly"), (bad["label"], bad["words"][0]["word"]))
        for wrong in ({}, 5, [None], {"text": 7}, "x" * 10_001):
            with self.assertRaises(Refused) as refused:
                replica.gateway.predict(wrong)
            self.assertEqual((400, "model_status"), (refused.exception.status, refused.exception.code))

    def test_streaming_writes_the_same_story_for_the_same_seed(self):
        replica = self.given_sample("streaming")
        self.assertTrue(replica.loaded["streams"])
        asked = {"words": 30, "delay_seconds": 0, "seed": 3}
        story = replica.gateway.predict(asked).decode()
        self.assertGreaterEqual(len(story.split()), 30)
        self.assertTrue(story.endswith(".\n"), story)
        self.assertEqual(story, replica.gateway.predict(asked).decode())
        for wrong in ([], {"words": 0}, {"delay_seconds": -1}, {"words": True}):
            with self.assertRaises(Refused) as refused:
                replica.gateway.predict(wrong)
            self.assertEqual(400, refused.exception.status)

    @unittest.skipUnless(importlib.util.find_spec("sklearn"), "scikit-learn is not there")
    def test_iris_answers_a_batch_as_its_rows_one_by_one(self):
        from sklearn.datasets import load_iris
        replica = self.given_sample("iris")
        rows = load_iris().data.tolist()[::5]
        alone = [replica.gateway.predict(row) for row in rows]
        asked = [replica.gateway.ask(row) for row in rows]
        together = [json.loads(replica.gateway.answer(request).body) for request in asked]
        for one, other in zip(alone, together):
            self.assertEqual(one["species"], other["species"])
            for species, chance in one["probabilities"].items():
                self.assertAlmostEqual(chance, other["probabilities"][species], delta=2e-6)
        named = replica.gateway.predict(dict(zip(("sepal_length", "sepal_width", "petal_length", "petal_width"), rows[0])))
        self.assertEqual(alone[0], named)


if __name__ == "__main__":
    unittest.main()
