"""A fleet in real time: simulated clusters write every 15 seconds into a release server that follows
the fleet and evaluates the rule packs, and what the server needs for it is measured.

Prints the figures and keeps them in docs/performance/fleet.json, by the number of clusters.
"""

import argparse
import json
import statistics
import subprocess
import time

from recordings import FLEETSIM
from servers import ROOT, WORK, Server

INTERVAL = 15
FIGURES = ROOT / "docs" / "performance" / "fleet.json"
PACKS = ["pitr.fleet", "known-issues"]


def configuration():
    """A file that loads the packs."""
    files = ", ".join(f"'{ROOT / 'rules' / pack}.rules.yml'" for pack in PACKS)
    path = WORK / "fleet.yml"
    path.write_text(f"rule_files: [{files}]\n")
    return path


class Sender:
    """fleetsim, writing as the senders of all clusters would."""

    def __init__(self, server, clusters, seconds):
        self.process = subprocess.Popen(
            [str(FLEETSIM), "write", f"--url={server.url}/api/v1/write", f"--clusters={clusters}",
             "--tikv=9", "--tidb=3", "--start=now", f"--interval={INTERVAL}s", "--connections=2",
             f"--duration={seconds}s"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)

    def cpu_seconds(self):
        return Server.cpu_seconds(self)

    def result(self):
        out, _ = self.process.communicate(timeout=120)
        return json.loads(out.splitlines()[-1])


def ask(server, path, times=20):
    """Milliseconds of each answer, and the size of the last."""
    took = []
    for _ in range(times):
        began = time.monotonic()
        body = server.request(path)
        took.append((time.monotonic() - began) * 1000)
    return {"median_ms": round(statistics.median(took), 1), "max_ms": round(max(took), 1),
            "bytes": len(body)}


def sum_of(server, metric):
    """Over all label sets."""
    total = 0.0
    for line in server.request("/metrics").decode().splitlines():
        if line.startswith((metric + " ", metric + "{")):
            total += float(line.rpartition(" ")[2])
    return total


def measure(server, sender, seconds):
    """What a stretch of time costs."""
    began = time.monotonic()
    mine, theirs = server.cpu_seconds(), sender.cpu_seconds()
    evaluated = sum_of(server, "tidemark_rules_evaluations_total")
    time.sleep(seconds)
    passed = time.monotonic() - began
    return {"seconds": round(passed),
            "server_cores": round((server.cpu_seconds() - mine) / passed, 3),
            "sender_cores": round((sender.cpu_seconds() - theirs) / passed, 3),
            "rule_evaluations_per_second":
                round((sum_of(server, "tidemark_rules_evaluations_total") - evaluated) / passed),
            "resident_bytes": server.resident_bytes()}


def run(clusters, settle, seconds):
    with Server("tidemark", extra=[f"--config.file={configuration()}"]) as server:
        sender = Sender(server, clusters, settle + seconds + 10)
        time.sleep(settle)
        figures = {"clusters": clusters, **measure(server, sender, seconds)}
        figures["series"] = int(server.metric("tidemark_head_series"))
        figures["clusters_known"] = int(server.metric("tidemark_fleet_clusters"))
        for name, path in [("tasks", "/api/v1/fleet/tasks"),
                           ("clusters", "/api/v1/fleet/clusters"),
                           ("findings", "/api/v1/fleet/findings")]:
            figures[f"answer_{name}"] = ask(server, path)
        figures["losses"] = int(server.metric("tidemark_fleet_losses_total"))
        figures["rule_overflows"] = int(sum_of(server, "tidemark_rules_overflows_total"))
        figures["sender"] = sender.result()
        return figures


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clusters", type=int, default=1000)
    parser.add_argument("--settle", type=int, default=60, help="seconds before the measurement")
    parser.add_argument("--seconds", type=int, default=180, help="seconds of the measurement")
    arguments = parser.parse_args()
    WORK.mkdir(parents=True, exist_ok=True)
    figures = run(arguments.clusters, arguments.settle, arguments.seconds)
    print(json.dumps(figures, indent=1))
    known = json.loads(FIGURES.read_text()) if FIGURES.exists() else {}
    known[str(arguments.clusters)] = figures
    FIGURES.parent.mkdir(exist_ok=True)
    FIGURES.write_text(json.dumps(known, indent=1) + "\n")


if __name__ == "__main__":
    main()
