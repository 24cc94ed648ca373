"""Who notices what, and after how long: the six recommended rules in a real Prometheus, and Tidemark
with its diagnosis and rule packs, over every scenario of the simulator.

Prometheus gets the scenario by remote write and is asked each rule's expression at every scrape's
time (the six have no `for`, so a rule fires where its expression has a result). Of a scenario in
which a backlog comes late it is asked about the time before, before the backlog is there. What
Tidemark tells is what the tests that play the scenarios to its diagnosis and to its rule packs have
seen, on a clock of their own.

A live server is then played the deciding minutes in real time (detection_live.py).

Writes the table into docs/detection.md and the times into docs/performance/detection.json. Fails if
Tidemark does not tell what a scenario's facts demand, tells it before its reason, tells anything of
a cluster that is well, or, as a live server, tells it later than a second after it could be known.
"""

import argparse
import json
import pathlib
import re
import subprocess
import time
import urllib.parse

from detection_live import LIMIT, LiveDetection
from recordings import FLEETSIM
from servers import RELEASE, ROOT, SERVERS, WORK, Server, prometheus

STEP = 15
# What the six read.
KEEP = ("tidb_log_backup_last_checkpoint|tikv_log_backup_task_status|"
        "tikv_gcworker_autogc_safe_point")
SIX = ROOT / "rules" / "pitr.recommended.rules.yml"
TESTS = {"finding": "tests/fleet/fleet_scenario_test", "alert": "tests/rules/rule_scenario_test"}
PAGE = ROOT / "docs" / "detection.md"
FIGURES = ROOT / "docs" / "performance" / "detection.json"
MARKS = ("<!-- begin of the table -->\n", "<!-- end of the table -->\n")
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def late_prometheus(data, port):
    """Prometheus that takes samples again and behind others: the history is sent in parts."""
    command = prometheus(data, port)
    (WORK / "prometheus.yml").write_text("storage: {tsdb: {out_of_order_time_window: 60d}}\n")
    return command


SERVERS["late-prometheus"] = (late_prometheus, "/-/ready")


def fleetsim(*arguments):
    done = subprocess.run([str(FLEETSIM), *arguments], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"fleetsim {' '.join(arguments)}: {done.stderr[-500:]}")
    return done.stdout


def seconds(text):
    return sum(int(n) * UNITS[unit] for n, unit in re.findall(r"(\d+)([smhd])", text))


def scenarios():
    """Name and length of each."""
    for line in fleetsim("scenarios").splitlines():
        name, duration, _ = line.split(maxsplit=2)
        yield name, seconds(duration)


def facts(name):
    return [json.loads(line) for line in fleetsim("scenarios", name, "--start=0").splitlines()]


def recommended():
    """The six rules: name and expression. Every expression is on one line of the file."""
    text = SIX.read_text()
    return list(zip(re.findall(r"alert: (\S+)", text), re.findall(r"expr: (.+)", text)))


def result_times(server, expr, begin, end):
    """When the expression has a result."""
    times = set()
    for first in range(begin, end, 10_000 * STEP):  # a server gives 11,000 steps at once
        last = min(end, first + 9_999 * STEP)
        query = urllib.parse.urlencode({"query": expr, "start": first, "end": last, "step": STEP})
        answer = json.loads(server.request(f"/api/v1/query_range?{query}"))
        for series in answer["data"]["result"]:
            times.update(int(t) for t, _ in series["values"])
    return sorted(times)


def stretches(times):
    """Begin and end of each row of times without a gap."""
    rows = []
    for t in times:
        if rows and t - rows[-1][1] <= STEP:
            rows[-1][1] = t
        else:
            rows.append([t, t])
    return rows


def backlog_comes(name, duration):
    """The moments up to which the data is delivered and asked about in turn."""
    moments = [fact["t"] // 1000 for fact in facts(name) if "comes" in fact["fact"].split()]
    return [*moments, duration]


def in_prometheus(name, duration):
    """For each recommended rule the stretches, in seconds since the start, in which it fires."""
    start = int(time.time()) // STEP * STEP - duration - 1200
    times = {alert: [] for alert, _ in recommended()}
    with Server("late-prometheus") as server:
        asked = 0
        for until in backlog_comes(name, duration):
            fleetsim("write", f"--url={server.url}/api/v1/write", f"--scenario={name}",
                     f"--start={start * 1000}", f"--scrapes={until // STEP}", "--connections=1",
                     f"--keep={KEEP}")
            for alert, expr in recommended():
                times[alert] += result_times(server, expr, start + asked, start + until)
            asked = until
    return {alert: [[a - start, b - start] for a, b in stretches(sorted(set(found)))]
            for alert, found in times.items()}


def in_tidemark(build, kind):
    """By scenario what a test saw: cluster, name, begin and end in seconds."""
    report = WORK / f"{kind}s.json"
    done = subprocess.run([str(build / TESTS[kind]), f"--gtest_output=json:{report}"],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(done.stdout[-5000:])
    told = {}
    for test in json.loads(report.read_text())["testsuites"][0]["testsuite"]:
        told[test["value_param"].strip('"')] = [
            {"cluster": cluster, "name": name, "begin": float(begin) * 60, "end": float(end) * 60}
            for cluster, name, begin, end in
            re.findall(r"^(\S+) (\S+) .*?([\d.]+)m - ([\d.]+)m$", test["told"], re.M)]
    return told


def text_of(span):
    span = round(span)
    if span < 90:
        return f"{span} s"
    return f"{round(span / 60)} min" if span < 7200 else f"{span / 3600:.1f} h"


def recommended_cell(rules, began, over):
    """What the six say, as seconds since the first thing that is wrong."""
    parts = []
    for alert, rows in rules.items():
        rows = [row for row in rows if row[1] >= began]
        if rows:
            first, end = rows[0][0], rows[-1][1]
            gone = f", gone after {text_of(end - began)}" if end < over - 2 * STEP else ""
            parts.append(f"{alert.removeprefix('LogBackup')} {text_of(first - began)}{gone}")
    return "<br>".join(parts) or "nothing"


def tidemark_cell(told, began):
    """When each was first told, on any cluster."""
    first = {}
    for one in told:
        first[one["name"]] = min(one["begin"], first.get(one["name"], one["begin"]))
    parts = []
    for name, at in sorted(first.items(), key=lambda item: item[1]):
        when = text_of(at - began) if at >= began else f"{text_of(began - at)} before"
        parts.append(f"{name.removeprefix('LogBackup')} {when}")
    return "<br>".join(parts) or "nothing"


def live_cell(told):
    """How many findings and alerts began in the windows, and the longest delay."""
    parts = []
    for kind in ("finding", "alert"):
        delays = [one["delay"] for one in told if one["kind"] == kind]
        if delays:
            some = "" if len(delays) == 1 else "s, at most"
            parts.append(f"{len(delays)} {kind}{some} {max(delays):.2f} s")
    return "<br>".join(parts)


def live(names):
    run = LiveDetection({name: facts(name) for name in names})
    told = run.run()
    delays = sorted(one["delay"] for rows in told.values() for one in rows)
    print(f"live server: {len(delays)} findings and alerts, median "
          f"{delays[len(delays) // 2]:.2f} s, at most {delays[-1]:.2f} s", flush=True)
    if run.errors:
        raise SystemExit("\n".join(["a live server is wrong, or later than "
                                    f"{LIMIT:g} s:", *run.errors]))
    return told


def row(name, duration, figure):
    six, findings, alerts = figure["recommended"], figure["findings"], figure["alerts"]
    wrong = [fact["t"] / 1000 for fact in facts(name) if fact["findings"]]
    began = wrong[0]
    ends = [fact["t"] / 1000 for fact in facts(name)
            if not fact["findings"] and not fact["alerts"] and fact["t"] / 1000 > wrong[-1]]
    over = ends[0] if ends else duration
    return (f"| `{name}` | {recommended_cell(six, began, over)} "
            f"| {tidemark_cell(findings, began)} | {tidemark_cell(alerts, began)} "
            f"| {live_cell(figure['live'])} |")


def write_page(rows):
    table = "\n".join(["| scenario | the six in Prometheus 2.42 | Tidemark: findings "
                       "| Tidemark: alerts | a live server: after |", "|---|---|---|---|---|",
                       *rows]) + "\n"
    text = PAGE.read_text()
    before, _, rest = text.partition(MARKS[0])
    _, _, after = rest.partition(MARKS[1])
    PAGE.write_text(before + MARKS[0] + table + MARKS[1] + after)
    return table


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=pathlib.Path, default=RELEASE, help="where the tests are")
    parser.add_argument("--keep-prometheus", action="store_true",
                        help="take what was measured of Prometheus before, where it was")
    parser.add_argument("--only-live", action="store_true",
                        help="take everything from before but what a live server tells")
    arguments = parser.parse_args()
    WORK.mkdir(parents=True, exist_ok=True)
    before = json.loads(FIGURES.read_text()) if FIGURES.exists() else {}
    lengths = dict(scenarios())
    told_live = live(lengths)
    told = {} if arguments.only_live else {kind: in_tidemark(arguments.build, kind)
                                           for kind in TESTS}
    rows, figures = [], {}
    for name, duration in lengths.items():
        figure = figures[name] = dict(before.get(name, {}))
        if not (arguments.only_live or arguments.keep_prometheus and name in before):
            figure["recommended"] = in_prometheus(name, duration)
        figure |= {f"{kind}s": told[kind][name] for kind in told}
        figure["live"] = told_live[name]
        rows.append(row(name, duration, figure))
        print(rows[-1], flush=True)
    FIGURES.parent.mkdir(exist_ok=True)
    FIGURES.write_text("{\n" + ",\n".join(f'"{name}": {json.dumps(figure)}'
                                         for name, figure in figures.items()) + "\n}\n")
    write_page(rows)


if __name__ == "__main__":
    main()
