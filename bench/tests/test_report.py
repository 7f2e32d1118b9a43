"""The report of the comparisons: goals are held against the median of the rounds, their spread is kept, and one table closes them all."""

import ast
import contextlib
import functools
import importlib.machinery
import importlib.util
import io
import json
import math
import os
import pathlib
import re
import tempfile
import unittest
from unittest import mock

import peers
import report

BENCH = pathlib.Path(report.__file__).parent


def program(name: str):
    loader = importlib.machinery.SourceFileLoader(f"bench_{name}", str(BENCH / name))
    made = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
    loader.exec_module(made)
    return made


def goals_of(driver: str) -> list[str]:
    """The goals' names, with `*` for what is put into them. Those of `registry` come from C#."""
    if driver == "registry":
        measured = "".join(path.read_text() for path in (BENCH / "Slipway.Bench.Registry").glob("*.cs"))
        return [f"P10: {name}*" for name in re.findall(r'(?:new|Say)\(\$?"([a-z0-9 ]+)', measured)]
    calls = [node for node in ast.walk(ast.parse((BENCH / driver).read_text())) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "goal"]
    parts = [call.args[0].values if isinstance(call.args[0], ast.JoinedStr) else [call.args[0]] for call in calls]
    return ["".join(part.value if isinstance(part, ast.Constant) else "*" for part in each) for each in parts]


@functools.cache
def overlap(one: str, other: str) -> bool:
    """Whether any text is meant by both."""
    if one[:1] == "*":
        return overlap(one[1:], other) or other != "" and overlap(one, other[1:])
    if other[:1] == "*":
        return overlap(other, one)
    return one[:1] == other[:1] and (one == "" or overlap(one[1:], other[1:]))


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
        made.goal("p99", 0.3, "<=", 0.4, better=0.3)
        self.assertEqual(1, made.write())
        kept = json.loads((self.folder / "made.json").read_text())["goals"]
        self.assertEqual([(1.6, 1.0, 3.0, 3, True, False), (0.5, 0.5, 0.5, 1, False, None), (0.3, 0.3, 0.3, 1, True, True)], [(g["value"], g["least"], g["most"], g["rounds"], g["met"], g["better_met"]) for g in kept])
        text = (self.folder / "made.md").read_text()
        self.assertIn("| requests/s | >= 1.5 | >= 2 | 1.6 | 1 to 3 (3) | **bar met, goal missed** | not explained yet |", text)
        self.assertIn("| p50 | <= 0.4 | <= 0.4 | 0.5 | (1) | **missed** | not explained yet |", text)
        self.assertIn("| p99 | <= 0.4 | <= 0.3 | 0.3 | (1) | met |  |", text)

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
        for driver, reasons in report.REASONS.items():
            names = goals_of(driver)
            for what, text in reasons.items():
                page, _, heading = text.partition(", ")
                self.assertEqual("docs/performance.md", page)
                self.assertTrue(f"- **{heading}.** " in documented or f"## {heading}\n" in documented, text)
                self.assertEqual(text, report.reason(driver, what))
                self.assertTrue(any(overlap(name, what) for name in names), f"{driver} has no goal {what}")
        self.assertEqual("not explained yet", report.reason("onnx-vs-node", "the same as P9: iris, more or less"))

    def test_one_table_closes_all_and_names_what_has_no_result(self):
        everything = program("all")
        made = report.Report("micro", "Made up")
        made.goal("bytes", [8.0, 8.0], "<=", 8)
        made.write()
        with mock.patch.object(everything, "RESULTS", self.folder), mock.patch("sys.argv", ["all", "--table", "micro", "million"]), contextlib.redirect_stdout(io.StringIO()) as printed:
            self.assertEqual(1, everything.main())
        self.assertIn("| micro | bytes | <= 8 | <= 8 | 8 | 8 to 8 (2) | met |  |", printed.getvalue())
        self.assertIn("Without a result: million.", printed.getvalue())
        self.assertIn("1 of 1 bars met.", printed.getvalue())

    def test_a_setup_that_failed_ends_nothing(self):
        everything = program("all")
        ran = []
        with mock.patch.object(everything, "RESULTS", self.folder), mock.patch("sys.argv", ["all", "micro"]), contextlib.redirect_stderr(io.StringIO()), \
             mock.patch.object(everything.subprocess, "run", lambda command, **_: ran.append(command[0].name) or mock.Mock(returncode=1)), contextlib.redirect_stdout(io.StringIO()) as printed:
            self.assertEqual(1, everything.main())
        self.assertEqual(["setup", "micro"], ran)
        self.assertIn("Without a result: micro.", printed.getvalue())

    def test_every_comparison_is_among_all(self):
        listed = next(node for node in ast.walk(ast.parse((BENCH / "all").read_text())) if isinstance(node, ast.Assign) and node.targets[0].id == "ALL").value
        programs = {path.name: path.read_text() for path in BENCH.iterdir() if path.is_file() and path.suffix == "" and path.read_text().startswith("#!/usr/bin/env python3")}
        for name, text in programs.items():
            ast.parse(text, name)
        self.assertEqual({name for name, text in programs.items() if "report.goal(" in text}, {key.value for key in listed.keys})


class PeerTests(unittest.TestCase):
    def test_programs_of_root_are_found_by_everybody(self):
        self.assertTrue({"/usr/sbin", "/sbin"} <= set(os.environ["PATH"].split(os.pathsep)))

    def test_a_package_that_npm_did_not_finish_is_installed_again(self):
        with tempfile.TemporaryDirectory() as root, mock.patch.object(peers, "ROOT", pathlib.Path(root)), mock.patch.object(peers.shutil, "copy"), mock.patch.object(peers.subprocess, "run") as npm:
            modules = pathlib.Path(root) / "out/bench/onnxruntime-node/node_modules"
            (modules / "onnxruntime-node").mkdir(parents=True)
            (modules / "onnxruntime-node/package.json").touch()
            peers.onnxruntime_node()
            self.assertEqual(1, npm.call_count)
            (modules / ".package-lock.json").touch()
            peers.onnxruntime_node()
            self.assertEqual(1, npm.call_count)

    def test_what_is_missing_is_named_with_the_command_that_installs_it(self):
        with mock.patch.dict(peers.MODULES, {"no_such_module": "python3-no-such-module"}), mock.patch.dict("os.environ", {"SLIPWAY_BENCH_NO_SETUP": "1"}):
            with self.assertRaises(SystemExit) as refused:
                peers.need("no_such_module")
        self.assertIn("apt-get install -y --no-install-recommends python3-no-such-module", str(refused.exception))


if __name__ == "__main__":
    unittest.main()
