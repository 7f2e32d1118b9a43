"""The report of a comparison: what machine it was, a table of what was measured, and each goal with its bar, the median of its rounds and their spread.

Leaves results/NAME.json and NAME.md. `bench/all` puts the goals of all reports into one table.
"""

from __future__ import annotations

import fnmatch
import json
import math
import os
import pathlib
import platform
import re
import resource
import statistics
import subprocess
import time

BENCH = pathlib.Path(__file__).resolve().parent
RESULTS = BENCH / "results"
PYTHON = "/usr/bin/python3"
REASONS = json.loads((BENCH / "reasons.json").read_text())


class Report:
    """Prints as it grows."""

    def __init__(self, name: str, title: str):
        self.name, self.title = name, title
        self.began = time.time()
        self.machine = machine()
        self.rows: list[dict] = []
        self.goals: list[dict] = []
        self.notes: list[str] = []
        self._busy = busy_seconds()
        self._ours = _children_seconds()
        print(f"# {title}\n")
        for key, value in self.machine.items():
            print(f"{key}: {value}")

    def note(self, text: str) -> None:
        """What a reader has to know beside the figures: a peer that cannot be had, a ratio that is recorded."""
        self.notes.append(text)
        print(text, flush=True)

    def row(self, **values) -> None:
        self.rows.append(values)
        print("  ".join(f"{key} {_cell(value)}" for key, value in values.items()), flush=True)

    def goal(self, what: str, values: float | list[float], relation: str, bound: float, better: float | None = None, among: list[float] | None = None) -> None:
        """`values`: one for each round, whose median is held against the bar, or the only one that there is; `among`: the samples of which that one is a quantile, for the spread. `better`: what
        is aimed at beyond the bar. `what` names the goal's number first."""
        rounds = values if isinstance(values, list) else among or [values]
        value = values if not isinstance(values, list) else math.nan if not rounds or any(math.isnan(v) for v in rounds) else statistics.median(rounds)
        reached = lambda bar: value <= bar if relation == "<=" else value >= bar
        goal = {
            "what": what, "value": value, "least": min(rounds, default=math.nan), "most": max(rounds, default=math.nan), "rounds": len(rounds), "relation": relation, "bound": bound,
            "met": reached(bound), "better": better, "better_met": None if better is None else reached(better), "why": ""}
        if not goal["met"] or goal["better_met"] is False:
            goal["why"] = reason(self.name, what)
        self.goals.append(goal)
        print(f"{verdict(goal)}  {what}: {value:.4g} {spread(goal)} ({relation} {bound}{'' if better is None else f', goal {better}'}) {goal['why']}".rstrip(), flush=True)

    def write(self) -> int:
        """0 when every goal was met."""
        self.machine |= self._beside()
        RESULTS.mkdir(exist_ok=True)
        (RESULTS / f"{self.name}.json").write_text(json.dumps(
            {"name": self.name, "title": self.title, "machine": self.machine, "seconds": round(time.time() - self.began), "notes": self.notes, "rows": self.rows, "goals": self.goals}, indent=1) + "\n")
        lines = [f"# {self.title}", "", *(f"- {key}: {value}" for key, value in self.machine.items()), ""]
        lines += [line for text in self.notes for line in (text, "")]
        names = list(dict.fromkeys(name for row in self.rows for name in row))
        lines += ["| " + " | ".join(names) + " |", "|" + " --- |" * len(names)]
        lines += ["| " + " | ".join(_cell(row.get(name, "")) for name in names) + " |" for row in self.rows]
        lines += ["", *goal_table(self.goals)]
        (RESULTS / f"{self.name}.md").write_text("\n".join(lines) + "\n")
        return 0 if all(goal["met"] for goal in self.goals) else 1

    def _beside(self) -> dict[str, str]:
        """What else the two cores did meanwhile: a machine that is not quiet says so itself."""
        span = max(1e-9, (time.time() - self.began) * (os.cpu_count() or 1))
        busy, stolen = (now - then for now, then in zip(busy_seconds(), self._busy))
        others = max(0.0, busy - (_children_seconds() - self._ours))
        return {"load at end": f"{os.getloadavg()[0]:.1f}", "others' work meanwhile, of all cores": f"{100 * others / span:.0f} %", "taken by the host meanwhile": f"{100 * stolen / span:.1f} %"}


def goal_table(goals: list[dict], first: str | None = None) -> list[str]:
    """Lines of a table in Markdown: bar, the goal beyond it (the bar again where there is none), what was measured, and which of them is met; with `first`, each goal's value of that name is its first column."""
    lead = "" if first is None else f" {first} |"
    lines = [f"|{lead} what | bar | goal | median | least to most (rounds) | | why |", f"|{'' if first is None else ' --- |'} --- | --- | --- | --- | --- | --- | --- |"]
    for goal in goals:
        bar, aim = (f"{goal['relation']} {value:g}" for value in (goal["bound"], goal["bound"] if goal["better"] is None else goal["better"]))
        said = verdict(goal) if goal["met"] and goal["better_met"] is not False else f"**{verdict(goal)}**"
        lines.append(f"|{'' if first is None else f' {goal[first]} |'} {goal['what']} | {bar} | {aim} | {goal['value']:.4g} | {spread(goal)} | {said} | {goal['why']} |")
    return lines


def verdict(goal: dict) -> str:
    """Where there is no goal beyond the bar, the bar is the goal."""
    return "missed" if not goal["met"] else "bar met, goal missed" if goal["better_met"] is False else "met"


def spread(goal: dict) -> str:
    """Least and most of the rounds; a single one has none, and that is said."""
    return "(1)" if goal["rounds"] == 1 else f"{goal['least']:.4g} to {goal['most']:.4g} ({goal['rounds']})"


def reason(driver: str, what: str) -> str:
    """What stands in the way of a goal that is missed, by reasons.json: for each driver the goal's whole name, in which `*` stands for anything, and where it is said; the first that fits."""
    return next((text for name, text in REASONS.get(driver, {}).items() if fnmatch.fnmatchcase(what, name)), "not explained yet")


def busy_seconds() -> tuple[float, float]:
    """Seconds that the machine's cores were busy, and that the host took from them."""
    user, nice, system, _idle, _wait, irq, soft, stolen = (int(v) for v in pathlib.Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9])
    tick = os.sysconf("SC_CLK_TCK")
    return (user + nice + system + irq + soft) / tick, stolen / tick


def _children_seconds() -> float:
    """CPU time of this driver and of all that it started and has ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(u.ru_utime + u.ru_stime for u in used)


def _cell(value) -> str:
    return f"{value:,.2f}" if isinstance(value, float) and abs(value) < 10 else f"{value:,.1f}" if isinstance(value, float) else str(value)


def machine() -> dict[str, str]:
    cpu = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
    def version(*command: str) -> str:
        try:
            done = subprocess.run(command, capture_output=True, text=True)
            return (done.stdout or done.stderr).strip().splitlines()[0]
        except (OSError, IndexError):
            return "absent"
    return {
        "when": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()), "cpu": f"{cpu.group(1) if cpu else '?'} x {os.cpu_count()}", "kernel": platform.release(),
        "load at start": f"{os.getloadavg()[0]:.1f}", ".NET SDK": version("dotnet", "--version"), "nginx": version("nginx", "-v").removeprefix("nginx version: "),
        "wrk": version("wrk", "-v").split(" [")[0], "Node": version("node", "--version"), "Python": version(PYTHON, "--version"),
        "FastAPI, uvicorn, scikit-learn": version(
            PYTHON, "-c", "import fastapi,uvicorn,sklearn;print(fastapi.__version__,uvicorn.__version__,sklearn.__version__)"),
    }
