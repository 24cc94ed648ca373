"""How fast alerts are told of, and what rules cost.

20 rules, the six recommended ones among them, are loaded for 1,000 clusters that all use the same
task name. An Alertmanager that notes times stands for the real one. Measured:

    delay       a cluster's deciding sample is sent -> the Alertmanager has read of it, alone and
                while recorded requests of a fleet come in at 70 % of what the server takes
    deadline    the moment at which time alone makes a rule true -> the Alertmanager has read of it
    throughput  of the recorded requests, without rules and with them
    memory      of 100,000 partitions
    prometheus  the same rules and samples in Prometheus, evaluated every 15 s

Printed as a table; all single delays are in build/bench/alerts.json.
"""

import argparse
import json
import random
import statistics
import subprocess
import time

from alert_receiver import AlertReceiver
from recordings import FLEETSIM, Recording
from remote_write import Writer, time_series
from servers import ROOT, WORK, Server

TSO_PER_SECOND = 262_144_000
RECOMMENDED = ROOT / "tests" / "system" / "testdata" / "recommended_rules.yml"
LAG = "max by (task) (time() - tidb_log_backup_last_checkpoint / 262144000)"


def rule_file(path):
    """The recommended rules and as many like them as make twenty."""
    more = [f"      - alert: Lag{i}\n        expr: {LAG} > {20_000 + i}\n" for i in range(14)]
    path.write_text(RECOMMENDED.read_text() + "  - name: more\n    rules:\n" + "".join(more))
    return path


def configuration(name, rules, receiver, interval):
    path = WORK / f"alerts-{name}.yml"
    path.write_text(f"global: {{evaluation_interval: {interval}}}\nrule_files: ['{rules}']\n"
                    "alerting: {alertmanagers: [{static_configs: [{targets: "
                    f"['{receiver.address}']}}]}}]}}\n")
    return f"--config.file={path}"


def scrape(cluster, lag_s, status, now=None):
    now = now or time.time()
    t = round(now * 1000)
    common = {"cluster": f"c{cluster}", "task": "pitr"}
    return [time_series(common | {"__name__": "tidb_log_backup_last_checkpoint", "job": "tidb",
                                  "instance": "10.0.0.1:10080"},
                        t, (now - lag_s) * TSO_PER_SECOND),
            time_series(common | {"__name__": "tikv_log_backup_task_status", "job": "tikv",
                                  "instance": "10.0.0.2:20180"}, t, status)]


def healthy_fleet(writer, clusters):
    for first in range(0, clusters, 250):
        series = []
        for cluster in range(first, min(first + 250, clusters)):
            series += scrape(cluster, 60, 0)
        writer.write(series)


def probe(writer, receiver, clusters, pause_s=0.05):
    """Makes one cluster after the other fail; milliseconds until each was told of."""
    delays = []
    for cluster in clusters:
        sent = time.time()
        writer.write(scrape(cluster, 60, 2, sent))
        told = receiver.wait(("LogBackupFailed", f"c{cluster}"), 60)
        if told is None:
            raise SystemExit(f"c{cluster}: not told of in a minute")
        delays.append((told - sent) * 1000)
        time.sleep(pause_s)
    return delays


def probe_deadlines(writer, receiver, clusters):
    """Clusters whose lag passes ten minutes at a moment each; milliseconds from then on."""
    due = {}
    for cluster in clusters:
        now = time.time()
        ahead = 1 + 4 * random.random()
        due[cluster] = now + ahead
        writer.write(scrape(cluster, 600 - ahead, 0, now))
    delays = []
    for cluster, crossing in due.items():
        told = receiver.wait(("LogBackupRunningRPOMoreThan10m", f"c{cluster}"), 60)
        if told is None:
            raise SystemExit(f"c{cluster}: its deadline was not told of")
        delays.append((told - crossing) * 1000)
    return delays


def summary(delays):
    ordered = sorted(delays)
    return {"count": len(ordered), "p50_ms": round(statistics.median(ordered), 2),
            "p99_ms": round(ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)], 2),
            "max_ms": round(ordered[-1], 2)}


def tidemark(rules, receiver):
    return Server("tidemark", [configuration("tidemark", rules, receiver, "15s")])


def throughput(recording, rules, clusters):
    """Samples a second; with `rules` for `clusters` clusters if given."""
    with AlertReceiver() as receiver:
        with tidemark(rules, receiver) if rules else Server("tidemark") as server:
            if rules:
                healthy_fleet(Writer(server), clusters)
            cpu = server.cpu_seconds()
            sent = recording.replay(server)
            cpu = server.cpu_seconds() - cpu
    return {"samples_per_second": round(sent["samples_per_second"]),
            "samples_per_cpu_second": round(sent["samples"] / cpu)}


def delays(rules, options, recording=None, rate=0):
    """Delays of probes and deadlines, with requests of `recording` at `rate` meanwhile."""
    with AlertReceiver() as receiver, tidemark(rules, receiver) as server:
        writer = Writer(server)
        healthy_fleet(writer, options.clusters)
        time.sleep(2)
        load = None
        if recording:
            load = subprocess.Popen([str(FLEETSIM), "replay", f"--in={recording.path}",
                                     f"--url={server.url}/api/v1/write", f"--rate={rate}"],
                                    stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                    stderr=subprocess.DEVNULL, text=True)
            time.sleep(1)
        probes = probe(writer, receiver, range(options.probes))
        deadlines = probe_deadlines(writer, receiver,
                                    range(options.probes, options.probes + options.deadlines))
        result = {"delay": probes, "deadline": deadlines, "loaded_to_the_end": True}
        if load:
            result["loaded_to_the_end"] = load.poll() is None
            if result["loaded_to_the_end"]:
                load.kill()
            load.wait()
    return result


def memory(partitions):
    """Bytes that a rule of so many partitions adds to the server."""
    rules = WORK / "alerts-memory-rules.yml"
    rules.write_text("groups: [{name: g, rules: [{alert: High, expr: 'bench_lag > 600'}]}]\n")
    none = WORK / "alerts-no-rules.yml"
    none.write_text("groups: []\n")
    resident = {}
    for name, path in (("without", none), ("with", rules)):
        with AlertReceiver() as receiver, tidemark(path, receiver) as server:
            writer = Writer(server)
            for _ in range(2):
                t = round(time.time() * 1000)
                for first in range(0, partitions, 1000):
                    writer.write([time_series({"__name__": "bench_lag", "cluster": f"c{i % 1000}",
                                               "instance": f"i{i}"}, t, i % 500)
                                  for i in range(first, min(first + 1000, partitions))])
            server.wait_idle()
            resident[name] = server.resident_bytes()
    return resident["with"] - resident["without"]


def prometheus_delays(rules, probes):
    with AlertReceiver() as receiver:
        extra = [configuration("prometheus", rules, receiver, "15s")]
        with Server("prometheus", extra) as server:
            writer = Writer(server)
            healthy_fleet(writer, 1)
            time.sleep(20)
            # The rules mix up clusters there: one fails, and is healthy again, at a time.
            found = []
            for i in range(probes):
                time.sleep(15 * random.random())
                receiver.seen.clear()
                sent = time.time()
                writer.write(scrape(0, 60, 2, sent))
                told = receiver.wait(("LogBackupFailed", None), 120)
                found.append((told - sent) * 1000)
                writer.write(scrape(0, 60, 0))
                time.sleep(31)
            return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clusters", type=int, default=1000)
    parser.add_argument("--series", type=int, default=100_000, help="of the recorded fleet")
    parser.add_argument("--scrapes", type=int, default=150)
    parser.add_argument("--probes", type=int, default=200)
    parser.add_argument("--deadlines", type=int, default=100)
    parser.add_argument("--partitions", type=int, default=100_000)
    parser.add_argument("--prometheus-probes", type=int, default=5, help="each takes a minute")
    parser.add_argument("--only", nargs="*", default=["delay", "load", "memory", "prometheus"])
    options = parser.parse_args()

    WORK.mkdir(parents=True, exist_ok=True)
    rules = rule_file(WORK / "alerts-rules.yml")
    rows, raw = {}, {}
    if "delay" in options.only:
        raw["alone"] = delays(rules, options)
    if "load" in options.only:
        with Recording(options.series, options.scrapes, interval_seconds=1) as recording:
            rows["throughput without rules"] = throughput(recording, None, 0)
            rows["throughput with rules"] = throughput(recording, rules, options.clusters)
            rate = 0.7 * rows["throughput with rules"]["samples_per_second"]
            raw["at 70 % of ingest"] = delays(rules, options, recording, round(rate))
    for name, found in raw.items():
        rows[f"delay, {name}"] = summary(found["delay"])
        rows[f"deadline, {name}"] = summary(found["deadline"])
        rows[f"deadline, {name}"]["loaded_to_the_end"] = found["loaded_to_the_end"]
    if "memory" in options.only:
        rows[f"memory of {options.partitions} partitions"] = {
            "bytes": memory(options.partitions)}
    if "prometheus" in options.only and options.prometheus_probes > 0:
        raw["prometheus"] = prometheus_delays(rules, options.prometheus_probes)
        rows["delay, Prometheus at 15 s"] = summary(raw["prometheus"])
    for name, row in rows.items():
        print(f"{name:34}", "  ".join(f"{key}={value}" for key, value in row.items()))
    (WORK / "alerts.json").write_text(json.dumps({"rows": rows, "raw": raw}, indent=2) + "\n")


if __name__ == "__main__":
    main()
