"""The report of the comparisons: goals are held against the median of the rounds, their spread is kept, and one table closes them all."""

import ast
import contextlib
import importlib.machinery
import importlib.util
import io
import json
import math
import pathlib
import tempfile
import unittest
from unittest import mock

import peers
import report

BENCH = pathlib.Path(report.__file__).parent


class ReportTests(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.enterContext(mock.patch.object(report, "RESULTS", self.folder))
        self.enterContext(mock.patch.object(report, "machine", lambda: {"when": "now"}))
        self.enterContext(contextlib.redirect_stdout(io.StringIO()))

    def test_a_goal_is_the_median_of_its_rounds_and_keeps_least_and_most(self):
        made = report.Report("made", "Made up")
        made.goal("requests/s", [1.0, 3.0, 1.6], ">=", 1.5, better=2.0)
        made.goal("p50", 0.5, "<=", 0.4)
        self.assertEqual(1, made.write())
        kept = json.loads((self.folder / "made.json").read_text())["goals"]
        self.assertEqual([(1.6, 1.0, 3.0, 3, True, False), (0.5, 0.5, 0.5, 1, False, None)], [(g["value"], g["least"], g["most"], g["rounds"], g["met"], g["better_met"]) for g in kept])
        text = (self.folder / "made.md").read_text()
        self.assertIn("| requests/s | >= 1.5, better 2 | 1.6 | 1 to 3 (3) | met |  |", text)
        self.assertIn("| p50 | <= 0.4 | 0.5 | (1) | **missed** | not explained yet |", text)

    def test_a_quantile_has_the_spread_of_its_samples(self):
        made = report.Report("made", "Made up")
        made.goal("p95, ms", 90.0, "<=", 100, among=[50.0, 60.0, 90.0])
        self.assertEqual((90.0, 50.0, 90.0, 3), tuple(made.goals[0][key] for key in ("value", "least", "most", "rounds")))

    def test_a_round_without_a_good_answer_misses(self):
        made = report.Report("made", "Made up")
        made.goal("ratio", [1.0, math.nan], "<=", 2)
        made.goal("nothing measured", [], ">=", 0)
        self.assertEqual([False, False], [goal["met"] for goal in made.goals])

    def test_what_is_missed_says_where_the_reason_is(self):
        documented = (BENCH.parent / "docs/performance.md").read_text()
        for name, part, text in report.REASONS:
            self.assertTrue((BENCH / name).exists(), name)
            page, _, heading = text.partition(", ")
            self.assertEqual("docs/performance.md", page)
            self.assertTrue(f"**{heading}.**" in documented or f"## {heading}" in documented, text)
            self.assertEqual(text, report.reason(name, part))

    def test_one_table_closes_all_and_names_what_has_no_result(self):
        loader = importlib.machinery.SourceFileLoader("bench_all", str(BENCH / "all"))
        everything = importlib.util.module_from_spec(importlib.util.spec_from_loader("bench_all", loader))
        loader.exec_module(everything)
        made = report.Report("micro", "Made up")
        made.goal("bytes", [8.0, 8.0], "<=", 8)
        made.write()
        with mock.patch.object(everything, "RESULTS", self.folder), mock.patch("sys.argv", ["all", "--table", "micro", "million"]), contextlib.redirect_stdout(io.StringIO()) as printed:
            self.assertEqual(1, everything.main())
        self.assertIn("| micro | bytes | <= 8 | 8 | 8 to 8 (2) | met |  |", printed.getvalue())
        self.assertIn("Without a result: million.", printed.getvalue())
        self.assertIn("1 of 1 met.", printed.getvalue())

    def test_every_comparison_is_among_all(self):
        listed = next(node for node in ast.walk(ast.parse((BENCH / "all").read_text())) if isinstance(node, ast.Assign) and node.targets[0].id == "ALL").value
        programs = {path.name: path.read_text() for path in BENCH.iterdir() if path.is_file() and path.suffix == "" and path.read_text().startswith("#!/usr/bin/env python3")}
        for name, text in programs.items():
            ast.parse(text, name)
        self.assertEqual({name for name, text in programs.items() if "report.goal(" in text}, {key.value for key in listed.keys})


class PeerTests(unittest.TestCase):
    def test_what_is_missing_is_named_with_the_command_that_installs_it(self):
        with mock.patch.dict(peers.MODULES, {"no_such_module": "python3-no-such-module"}), mock.patch.dict("os.environ", {"SLIPWAY_BENCH_NO_SETUP": "1"}):
            with self.assertRaises(SystemExit) as refused:
                peers.need("no_such_module")
        self.assertIn("apt-get install -y --no-install-recommends python3-no-such-module", str(refused.exception))


if __name__ == "__main__":
    unittest.main()
