"""How soon a live server tells what the scenarios of the simulator demand.

    figures = LiveDetection(facts_by_scenario).run()

A window is the part of a scenario in which something has to be told. The senders of all windows
write into one release server at the same time, every series under a name of its own window: what
lies before the window at once, the window in real time, each scrape when it is due. Findings and
alerts are asked for over HTTP all the while. Afterwards it is held against when they could be
known: findings, from the diagnosis as a library, run after each request on the same data; alerts,
from the results of the rules' expressions over what the store holds then, and their `for`.

The server has no rules while the past comes, and is started again with them before the windows
begin, or alerts that are long true would be told of as new. Of an alert whose `for` is longer than
a window, the past is sent to the rules too; that it has been true since, they find out by
themselves.
"""

import concurrent.futures
import contextlib
import json
import math
import re
import subprocess
import threading
import time
import urllib.parse
from dataclasses import dataclass

from recordings import FLEETSIM
from servers import RELEASE, ROOT, WORK, Server

SPAN = 480  # seconds of a window
LOAD = 60  # for the past of all windows
RESTART = 12  # before the windows begin
SETTLE = 5  # what is told so early in a window has begun before it
LIMIT = 1.0  # seconds from when something can be known until it is told
POLL = 0.05
TIDEMARK = RELEASE / "server" / "tidemark"
FINDING_TIMES = RELEASE / "bench" / "fleet" / "finding_times"
PACKS = [ROOT / "rules" / f"{pack}.rules.yml" for pack in ("pitr.fleet", "known-issues")]

# Where windows begin, in minutes of the scenario. The past of those behind the bar goes to the
# rules too.
WINDOWS = {
    "partition": "19",
    "owner-flapping": "19.5 27.7 48.7",
    "pause": "19.2 375.5 378 1459 | 138 738 1218",
    "paused-then-rolling-restart": "19.2 69.2 72 1459",
    "fatal-error": "19",
    "storage-outage": "19",
    "large-transaction": "29.6 31.5 49.5",
    "hot-writes": "381 388",
    "stuck-region": "29.2 49.5",
    "registration-hang": "22.6 28.6 48.6 | 7.5",
    "name-collision": "29.2",
    "silent-cluster": "19",
    "clock-skew": "0 6",
}
LONG = {"pause", "paused-then-rolling-restart", "hot-writes"}  # scraped every minute


@dataclass(frozen=True)
class Window:
    scenario: str
    minute: float
    rules_see_past: bool

    @property
    def prefix(self):
        return f"{self.scenario}.{self.minute:g}."

    @property
    def interval(self):
        return "60s" if self.scenario in LONG else "15s"


def windows():
    for scenario, text in WINDOWS.items():
        before, _, behind = text.partition("|")
        for part, rules_see_past in ((before, False), (behind, True)):
            for minute in part.split():
                yield Window(scenario, float(minute), rules_see_past)


def run_tool(*command):
    done = subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True)
    if done.returncode not in (0, 1):
        raise SystemExit(f"{command}: {done.stderr[-500:]}")
    return done.stdout


def metrics_read():
    """A keep-list of what diagnosis and packs read."""
    checked = run_tool(TIDEMARK, "check", "rules", "--output", "json", *PACKS)
    selectors = re.findall(r'"selector": ?"(\w+)', checked)
    if not selectors:
        raise SystemExit("tidemark check rules names no inputs")
    return "|".join(sorted({*selectors, *run_tool(FINDING_TIMES).split()}))


class Watcher:
    """Asks a server for findings and alerts, and keeps when each was told of first and last."""

    def __init__(self, server):
        self.server = server
        self.first = {}  # by kind, name, cluster
        self.last = {}
        self.stopped = threading.Event()
        self.thread = threading.Thread(target=self.run)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopped.set()
        self.thread.join()

    def run(self):
        while not self.stopped.wait(POLL):
            findings = self.ask("/api/v1/fleet/findings")
            self.note("finding", [(one["finding"], one["cluster"]) for one in findings])
            alerts = self.ask("/api/v1/alerts")["alerts"]
            self.note("alert", [(one["labels"]["alertname"], one["labels"]["cluster"])
                                for one in alerts if one["state"] == "firing"])

    def ask(self, path):
        return json.loads(self.server.request(path))["data"]

    def note(self, kind, told):
        now = time.time()
        for name, cluster in told:
            self.first.setdefault((kind, name, cluster), now)
            self.last[kind, name, cluster] = now


class RuleTimes:
    """When alerts could be known, from the results of their expressions."""

    def __init__(self, server, begin, end):
        self.server, self.begin, self.end = server, begin, end

    def true_times(self, rule, start, end, step):
        """By labels of the result the times at which the rule's expression has it."""
        form = urllib.parse.urlencode({"query": rule["query"], "start": f"{start:.3f}",
                                       "end": f"{end:.3f}", "step": f"{step:.3f}"})
        answer = json.loads(self.server.request(f"/api/v1/query_range?{form}"))
        return {tuple(sorted(series["metric"].items())):
                [round(float(t), 3) for t, _ in series["values"]]
                for series in answer["data"]["result"]}

    def stretches(self, rule, start, step):
        """Labels, begin and end of each row of true times."""
        for labels, times in self.true_times(rule, start, self.end, step).items():
            begin = before = times[0]
            for t in [*times[1:], math.inf]:
                if t - before > 1.5 * step:
                    yield labels, begin, before
                    begin = t
                before = t

    def exact(self, rule, labels, begin, step):
        """The moment before `begin`, by less than `step`, from which on it is true."""
        for finer in (1.0, 0.01):
            if finer < step:
                times = self.true_times(rule, begin - step, begin, finer).get(labels, [begin])
                begin, step = times[0], finer
        return begin

    def alerts(self, rule):
        """Cluster and time of each alert; None where it has been true from before on, or not for
        long enough."""
        start = self.begin - (rule["duration"] + 120 if rule["duration"] > SPAN else 0)
        step = max(1, math.ceil((self.end - start) / 10_000))
        for labels, begin, end in self.stretches(rule, start, step):
            fires = None
            if begin > start + step and begin + rule["duration"] <= end:
                fires = self.exact(rule, labels, begin, step) + rule["duration"]
            yield dict(labels)["cluster"], fires


class LiveDetection:
    def __init__(self, facts):
        self.facts = facts  # by scenario
        self.windows = list(windows())
        self.by_prefix = {window.prefix: window for window in self.windows}
        self.reasons = set()  # names and clusters of alerts whose expression is true
        self.errors = []

    def run(self):
        """By scenario the findings and alerts that were told, with cluster and delay."""
        keep = metrics_read()
        with Server("tidemark", extra=[f"--config.file={configuration([])}"]) as server:
            self.begin = round(time.time()) + LOAD
            self.end = self.begin + SPAN
            with contextlib.ExitStack() as senders:
                self.send(senders, server, keep, rules_see_past=False)
                time.sleep(max(0, self.begin - RESTART - time.time()))
                server.stop()
                server.extra = [f"--config.file={configuration(PACKS)}"]
                server.start()
                self.send(senders, server, keep, rules_see_past=True)
                with Watcher(server) as watcher:
                    time.sleep(max(0, self.end - time.time()))
            known = self.findings_known() | self.alerts_known(server)
        return self.judge(known, watcher)

    def send(self, senders, server, keep, rules_see_past):
        for window in self.windows:
            if window.rules_see_past == rules_see_past:
                start = self.start_of(window)
                sender = subprocess.Popen(
                    [str(FLEETSIM), "write", f"--url={server.url}/api/v1/write",
                     f"--scenario={window.scenario}", f"--name-prefix={window.prefix}",
                     f"--start={start}", f"--interval={window.interval}", "--connections=1",
                     "--batch-deadline=0s", f"--keep={keep}"],
                    stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                senders.callback(end_process, sender)

    def start_of(self, window):
        return round((self.begin - window.minute * 60) * 1000)

    def findings_known(self):
        """When each finding could be known, by kind, name and cluster."""
        known = {}
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            for window, lines in pool.map(self.finding_times, self.windows):
                if window.rules_see_past:
                    continue  # its past has come late, which is a finding
                for one in map(json.loads, lines.splitlines()):
                    key = ("finding", one["finding"], window.prefix + one["cluster"])
                    known[key] = one["begin"] / 1000
        return known

    def finding_times(self, window):
        until = self.end + 60  # the last round is whole
        return window, run_tool(FINDING_TIMES, f"--scenario={window.scenario}",
                                f"--start={self.start_of(window)}", f"--from={self.begin * 1000}",
                                f"--until={until * 1000}", f"--interval={window.interval}")

    def alerts_known(self, server):
        times = RuleTimes(server, self.begin, self.end)
        groups = json.loads(server.request("/api/v1/rules"))["data"]["groups"]
        known = {}
        for rule in (rule for group in groups for rule in group["rules"]):
            for cluster, fires in times.alerts(rule):
                key = ("alert", rule["name"], cluster)
                self.reasons.add(key)
                past = self.window_of(cluster).rules_see_past
                if fires is not None and past == (rule["duration"] > SPAN):
                    known[key] = min(fires, known.get(key, fires))
        return known

    def window_of(self, cluster):
        return self.by_prefix[cluster[:cluster.rindex("c")]]

    def judge(self, known, watcher):
        told = watcher.first
        rows = {scenario: [] for scenario in WINDOWS}
        for key, at in sorted(known.items(), key=lambda item: item[1]):
            kind, name, cluster = key
            if not self.begin + SETTLE < at < self.end - 2 * LIMIT:
                continue
            if key not in told:
                self.errors.append(f"{kind} {name} of {cluster} is not told")
                continue
            if told[key] < self.begin + SETTLE:
                continue  # that was for another reason
            delay = told[key] - at
            if not -0.5 < delay <= LIMIT:
                self.errors.append(f"{kind} {name} of {cluster} comes after {delay:.3f} s")
            window = self.window_of(cluster)
            rows[window.scenario].append(
                {"kind": kind, "name": name, "cluster": cluster[len(window.prefix):],
                 "minute": window.minute, "delay": round(delay, 3)})
        self.judge_what_is_too_much(known.keys() | self.reasons, watcher)
        self.judge_what_is_missing(rows)
        return rows

    def judge_what_is_too_much(self, reasons, watcher):
        for (kind, name, cluster), last in watcher.last.items():
            window = self.window_of(cluster)
            late_past = kind == "finding" and window.rules_see_past
            if last < self.begin + SETTLE or late_past:
                continue
            own = cluster[len(window.prefix):]
            if own not in {fact["cluster"] for fact in self.facts[window.scenario]}:
                self.errors.append(f"{cluster} is well, and {kind} {name} is told")
            elif (kind, name, cluster) not in reasons:
                self.errors.append(f"{kind} {name} of {cluster} is told without a reason")

    def judge_what_is_missing(self, rows):
        for scenario, facts in self.facts.items():
            found = {(row["kind"], row["name"], row["cluster"]) for row in rows[scenario]}
            for fact in facts:
                wanted = [("finding", name) for name in fact["findings"]]
                wanted += [("alert", name) for name in fact["alerts"]]
                self.errors += [f"{kind} {name} of {scenario}.{fact['cluster']} begins in no window"
                                for kind, name in wanted
                                if (kind, name, fact["cluster"]) not in found]


def configuration(files):
    path = WORK / f"detection-{len(files)}.yml"
    path.write_text(json.dumps({"rule_files": [str(file) for file in files]}) + "\n")
    return path


def end_process(process):
    process.terminate()
    process.wait()
