"""How fast alerts are told of, and what rules cost.

20 rules, the six recommended ones among them, are loaded for 1,000 clusters that all use the same
task name. An Alertmanager that notes times stands for the real one. Measured:

    delay       a cluster's deciding sample is sent -> the Alertmanager has read of it, alone and
                while recorded requests of a fleet come in at 70 % of what the server takes
    deadline    the moment at which time alone makes a rule true -> the Alertmanager has read of it
    throughput  of the recorded requests, without rules and with them
    memory      of 100,000 partitions
    prometheus  the same rules and samples in Prometheus, evaluated every 15 s

Every figure goes to docs/performance/alerts.json as soon as it is taken, with all single delays; the
table of docs/performance-alerts.md is written from there.
"""

import argparse
import contextlib
import math
import random
import statistics
import subprocess
import time

from alert_receiver import AlertReceiver
from recordings import FLEETSIM, Recording
from remote_write import Writer, time_series
from results import Results, median
from servers import ROOT, WORK, Server

TSO_PER_SECOND = 262_144_000
RESULTS = ROOT / "docs" / "performance" / "alerts.json"
PAGE = ROOT / "docs" / "performance-alerts.md"
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


def name_of(cluster):
    """Not a name that the recorded fleet has."""
    return f"probed-{cluster}"


def scrape(cluster, lag_s, status, now=None):
    now = now or time.time()
    t = round(now * 1000)
    common = {"cluster": name_of(cluster), "task": "pitr"}
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
        told = receiver.wait(("LogBackupFailed", name_of(cluster)), 60)
        if told is None:
            raise SystemExit(f"{name_of(cluster)}: not told of in a minute")
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
        told = receiver.wait(("LogBackupRunningRPOMoreThan10m", name_of(cluster)), 60)
        if told is None:
            raise SystemExit(f"{name_of(cluster)}: its deadline was not told of")
        delays.append((told - crossing) * 1000)
    return delays


def summary(delays):
    ordered = sorted(delays)
    return {"count": len(ordered), "p50_ms": round(statistics.median(ordered), 2),
            "p99_ms": round(ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)], 2),
            "max_ms": round(ordered[-1], 2), "delays_ms": [round(delay, 2) for delay in delays]}


def tidemark(rules, receiver):
    return Server("tidemark", [configuration("tidemark", rules, receiver, "15s")])


# So long the load goes on behind the probes, whose number and pauses are known.
SPARE_LOAD_S = 15
# Recorded requests are of so long a time, so that nothing of them is late.
RECORDED_S = 200


def recording_of(options, scrapes=None):
    """Requests of the last minutes; made anew for each use."""
    scrapes = scrapes or options.scrapes
    return Recording(options.series, scrapes, interval_seconds=min(1, RECORDED_S / scrapes), ago=5)


def load_of(options, rate):
    """Requests for as long as the probes take at `rate` samples a second."""
    seconds = SPARE_LOAD_S + options.probes * 0.06 + options.deadlines * 0.05
    return recording_of(options, math.ceil(seconds * rate / options.series))


def throughput(options, rules):
    """Samples a second of recorded requests; with `rules` for all clusters if given."""
    with recording_of(options) as recording, AlertReceiver() as receiver:
        with tidemark(rules, receiver) if rules else Server("tidemark") as server:
            if rules:
                healthy_fleet(Writer(server), options.clusters)
                time.sleep(2)
            cpu = server.cpu_seconds()
            sent = recording.replay(server)
            cpu = server.cpu_seconds() - cpu
    return {"samples_per_second": round(sent["samples_per_second"]),
            "samples_per_cpu_second": round(sent["samples"] / cpu)}


def delays(rules, options, rate=0):
    """Delays of probes and deadlines, with recorded requests at `rate` meanwhile if it is given."""
    with contextlib.ExitStack() as stack:
        receiver = stack.enter_context(AlertReceiver())
        server = stack.enter_context(tidemark(rules, receiver))
        recording = stack.enter_context(load_of(options, rate)) if rate else None
        writer = Writer(server)
        healthy_fleet(writer, options.clusters)
        time.sleep(2)
        load = None
        if recording:
            load = subprocess.Popen([str(FLEETSIM), "replay", f"--in={recording.path}",
                                     f"--url={server.url}/api/v1/write", f"--rate={rate}"],
                                    stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                    stderr=subprocess.DEVNULL)
            time.sleep(1)
        cpu, began = server.cpu_seconds(), time.monotonic()
        result = {"delay": summary(probe(writer, receiver, range(options.probes)))}
        result["deadline"] = summary(probe_deadlines(
            writer, receiver, range(options.probes, options.probes + options.deadlines)))
        used = (server.cpu_seconds() - cpu) / (time.monotonic() - began)
        for row in result.values():
            row |= {"server_cores": round(used, 2), "rate": rate}
        if load:
            if load.poll() is not None:
                raise SystemExit("the load ended before the probes did")
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
            time.sleep(5)
            resident[name] = server.resident_bytes()
    return {"partitions": partitions, "bytes": resident["with"] - resident["without"],
            "resident_bytes": resident["with"]}


def prometheus_delays(rules, probes):
    with AlertReceiver() as receiver:
        extra = [configuration("prometheus", rules, receiver, "15s")]
        with Server("prometheus", extra) as server:
            writer = Writer(server)
            healthy_fleet(writer, 1)
            time.sleep(20)
            # The rules mix up clusters there: one fails, and is healthy again, at a time.
            found = []
            for _ in range(probes):
                time.sleep(15 * random.random())
                receiver.seen.clear()
                sent = time.time()
                writer.write(scrape(0, 60, 2, sent))
                told = receiver.wait(("LogBackupFailed", None), 120)
                found.append((told - sent) * 1000)
                writer.write(scrape(0, 60, 0))
                time.sleep(31)
            return summary(found)


def cost_of_rules(results):
    """Part of the throughput per CPU-second that rules take: the median over pairs of neighbours."""
    without, loaded = (results.rows(f"throughput {name}", "tidemark")
                       for name in ("without rules", "with rules"))
    costs = [1 - b["samples_per_cpu_second"] / a["samples_per_cpu_second"]
             for a, b in zip(without, loaded)]
    return {"cost": round(statistics.median(costs), 4), "costs": [round(c, 4) for c in costs]}


def take_load(results, rules, options):
    """Throughput without and with rules in turn, then delays under 70 % of the greater."""
    for _ in range(options.rounds):
        for name, loaded in (("without rules", None), ("with rules", rules)):
            results.take(f"throughput {name}", "tidemark", lambda: throughput(options, loaded))
    results.take("cost of rules for ingest", "tidemark", lambda: cost_of_rules(results))
    rate = 0.7 * max(median(results.rows(f"throughput {name}", "tidemark"))["samples_per_second"]
                     for name in ("without rules", "with rules"))
    take_delays(results, "at 70 % of ingest", lambda: delays(rules, options, round(rate)))


def take_delays(results, name, run):
    found = run()
    for kind in ("delay", "deadline"):
        results.take(f"{kind}, {name}", "tidemark", lambda: found[kind])


def figure_of(measure, server, rows):
    """A line of the table."""
    row = median(rows)
    if "p50_ms" in row:
        return (f"| {measure} | {server} | p50 {row['p50_ms']:.1f} ms, p99 {row['p99_ms']:.1f} ms, "
                f"max {row['max_ms']:.1f} ms | {round(row['count'])} |")
    if "cost" in row:
        return (f"| {measure} | {server} | {row['cost']:.1%} of the samples per CPU-second | "
                f"{len(rows[0]['costs'])} pairs |")
    if "bytes" in row:
        return (f"| {measure}, {round(row['partitions']):,} partitions | {server} | "
                f"{row['bytes'] / 2**20:.0f} MiB | {len(rows)} |")
    return (f"| {measure} | {server} | {row['samples_per_second'] / 1e6:.2f} M samples/s, "
            f"{row['samples_per_cpu_second'] / 1e6:.2f} M per CPU-second | {len(rows)} |")


def write_table(results):
    lines = ["| measure | server | figure | of |", "|---|---|---|---|"]
    lines += [figure_of(measure, server, rows) for measure, servers in results.measures.items()
              for server, rows in servers.items()]
    machine = results.content["machine"]
    lines += ["", f"Taken on {machine['processor']}, {machine['cores']} cores, "
              f"{machine['memory_gib']} GiB, Linux {machine['kernel']}; sender, server and receiver "
              f"share it."]
    table = "\n".join(lines)
    print(table)
    before, _, rest = PAGE.read_text().partition("<!-- figures -->\n")
    PAGE.write_text(before + "<!-- figures -->\n" + table + "\n<!-- end of figures -->" +
                    rest.partition("<!-- end of figures -->")[2])


PARTS = {"alone": ["delay, alone", "deadline, alone"],
         "load": ["throughput without rules", "throughput with rules", "cost of rules for ingest",
                  "delay, at 70 % of ingest", "deadline, at 70 % of ingest"],
         "memory": ["memory"],
         "prometheus": ["delay, evaluated every 15 s"]}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clusters", type=int, default=1000)
    parser.add_argument("--series", type=int, default=100_000, help="of the recorded fleet")
    parser.add_argument("--scrapes", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=7, help="of throughput")
    parser.add_argument("--probes", type=int, default=200)
    parser.add_argument("--deadlines", type=int, default=100)
    parser.add_argument("--partitions", type=int, default=100_000)
    parser.add_argument("--prometheus-probes", type=int, default=5, help="each takes a minute")
    parser.add_argument("--only", nargs="*", choices=PARTS, default=list(PARTS))
    options = parser.parse_args()

    WORK.mkdir(parents=True, exist_ok=True)
    rules = rule_file(WORK / "alerts-rules.yml")
    results = Results(RESULTS, 1)
    results.forget([measure for part in options.only for measure in PARTS[part]])
    if "alone" in options.only:
        take_delays(results, "alone", lambda: delays(rules, options))
    if "load" in options.only:
        take_load(results, rules, options)
    if "memory" in options.only:
        results.take("memory", "tidemark", lambda: memory(options.partitions))
    if "prometheus" in options.only:
        results.take("delay, evaluated every 15 s", "prometheus",
                     lambda: prometheus_delays(rules, options.prometheus_probes))
    write_table(results)


if __name__ == "__main__":
    main()
