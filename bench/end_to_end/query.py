"""Asks Tidemark, Prometheus and VictoriaMetrics the same queries over the same series.

Every server, alone, gets six hours of a fleet's log-backup series and settles. Each query is asked
until it is warm, then --rounds times; reported are the median of the wall clock and the processor
time of the server per query, in milliseconds. VictoriaMetrics keeps the results of range queries and
answers the same one again from there; it is asked as it is, and with nocache=1, which tells what
evaluating costs it. `faster` compares Tidemark with the faster of the others as they are, `uncached`
with what they take to evaluate.
"""

import argparse
import gzip
import http.client
import json
import pathlib
import statistics
import time
import urllib.parse

from ingest import print_table
from recordings import Recording
from servers import SERVERS, WORK, Server

HOURS = 6
STEP = 15
WARM = 2

LAG = "max(time() - tidb_log_backup_last_checkpoint / 262144000) by (task)"
RUNS = "max(tidb_log_backup_last_checkpoint) by (task) > 0 and max(tikv_log_backup_task_status) by (task)"

# The recommended alerts of log backup.
ALERTS = {
    "alert rpo 10m": f"{LAG} / 60 > 10 and {RUNS} == 0",
    "alert rpo 30m": f"{LAG} / 60 > 30 and {RUNS} == 0",
    "alert pause 2h": f"{LAG} / 3600 > 2 and {RUNS} == 1",
    "alert pause 12h": f"{LAG} / 3600 > 12 and {RUNS} == 1",
    "alert failed": "max(tikv_log_backup_task_status) by (task) == 2 "
                    "and max(tidb_log_backup_last_checkpoint) by (task) > 0",
    "alert gc": "min(tidb_log_backup_last_checkpoint) by (instance) "
                "- max(tikv_gcworker_autogc_safe_point) by (instance) < 0",
}

# Panels of the Backup Log dashboard, for the whole fleet.
PANELS = {
    "panel lag": '(time() * 1000 - max((tidb_log_backup_last_checkpoint{instance=~".+"})) by (task) '
                 "/ 262144 > 0)",
    "panel cpu": 'sum(rate(tikv_thread_cpu_seconds_total{instance=~".+",'
                 'name=~"backup_stream|log-backup-scan(-[0-9]+)?"}[1m])) by (instance)',
    "panel events": 'sum(rate(tikv_log_backup_handle_kv_batch_sum{instance=~".+"}[1m])) by (instance)',
    "panel flush times": "sum(delta(tikv_log_backup_flush_duration_sec_count{"
                         'instance=~".+",stage=~"save_files"}[30m])) by (instance)',
    "panel flush duration": "sum(increase(tikv_log_backup_flush_duration_sec_bucket{"
                            'instance=~".+",stage=~"save_files"}[1m])) by (le)',
    "panel messages p90": "histogram_quantile(0.9,(sum(rate("
                          "tikv_log_backup_internal_actor_acting_duration_sec_bucket{"
                          'instance=~".+"}[1m])) by (message, le)))',
    "fleet checkpoint": "max by (cluster, task) (tidb_log_backup_last_checkpoint)",
}

OTHERS = {
    "topk": "topk(10, rate(tikv_log_backup_handle_kv_batch_sum[5m]))",
}


def requests(end, **extra):
    """The path of each request by its name."""
    def path(endpoint, **parameters):
        parameters |= extra
        return f"/api/v1/{endpoint}?{urllib.parse.urlencode(parameters)}"

    paths = {name: path("query", query=q, time=end) for name, q in (ALERTS | OTHERS).items()}
    paths |= {name: path("query_range", query=q, start=end - HOURS * 3600, end=end, step=STEP)
              for name, q in PANELS.items()}
    paths["label values"] = path("label/instance/values", start=end - HOURS * 3600, end=end,
                                 **{"match[]": "tikv_log_backup_task_status"})
    return paths


def processor_seconds(server):
    """User and system time of all threads, in steps finer than the clock's ticks."""
    tasks = pathlib.Path(f"/proc/{server.process.pid}/task").glob("*/schedstat")
    return sum(int(task.read_text().split()[0]) for task in tasks) / 1e9


class Client:
    """One connection, kept open as a dashboard keeps it."""

    def __init__(self, server):
        self.connection = http.client.HTTPConnection(urllib.parse.urlsplit(server.url).netloc,
                                                     timeout=600)

    def ask(self, path):
        """Gives (seconds, data)."""
        began = time.perf_counter()
        self.connection.request("GET", path, headers={"Accept-Encoding": "gzip"})
        answer = self.connection.getresponse()
        body = answer.read()
        seconds = time.perf_counter() - began
        if answer.status != 200:
            raise SystemExit(f"{path}: {answer.status} {body[:300]}")
        if answer.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        return seconds, json.loads(body)["data"]


def series_in(data):
    return len(data["result"]) if isinstance(data, dict) else len(data)


def measure(server, client, path, rounds):
    for _ in range(WARM):
        _, data = client.ask(path)
    before = processor_seconds(server)
    walls = [client.ask(path)[0] for _ in range(rounds)]
    cpu = (processor_seconds(server) - before) / rounds
    return {"ms": statistics.median(walls) * 1e3, "cpu": cpu * 1e3, "series": series_in(data)}


def measure_all(name, recording, end, rounds, only):
    with Server(name) as server:
        recording.replay(server)
        server.settle()
        asked = {name: requests(end)}
        if name == "victoria-metrics":
            asked["vm nocache"] = requests(end, nocache=1)
        client = Client(server)
        return {column: {query: measure(server, client, path, rounds)
                         for query, path in paths.items() if only in query}
                for column, paths in asked.items()}


def faster(query, by_server, peers, what):
    """How many times the best of the peers takes what Tidemark takes."""
    best = min((by_server[peer][query][what] for peer in peers if peer in by_server), default=None)
    return f"{best / by_server['tidemark'][query][what]:.1f}x" if best else ""


def row(query, by_server):
    cells = {"query": query}
    for name, results in by_server.items():
        cells[f"{short(name)} ms"] = f"{results[query]['ms']:.1f}"
        cells[f"{short(name)} cpu"] = f"{results[query]['cpu']:.1f}"
    cells["series"] = "/".join(str(r[query]["series"]) for r in by_server.values())
    if "tidemark" in by_server:
        warm, evaluated = ("prometheus", "victoria-metrics"), ("prometheus", "vm nocache")
        cells["faster"] = faster(query, by_server, warm, "ms")
        cells["uncached"] = faster(query, by_server, evaluated, "ms")
        cells["uncached cpu"] = faster(query, by_server, evaluated, "cpu")
    return cells


def short(name):
    return name.replace("victoria-metrics", "vm")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--series", type=int, default=20_000)
    parser.add_argument("--scrapes", type=int, default=HOURS * 3600 // STEP)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--only", default="", help="the queries whose names hold this")
    parser.add_argument("--servers", nargs="+", default=list(SERVERS))
    options = parser.parse_args()

    end = int(time.time()) // STEP * STEP - 60
    with Recording(options.series, options.scrapes, name="query") as recording:
        by_server = {}
        for name in options.servers:
            by_server |= measure_all(name, recording, end, options.rounds, options.only)
    queries = list(next(iter(by_server.values())))
    print_table([row(query, by_server) for query in queries])
    (WORK / "query.json").write_text(json.dumps(by_server, indent=2) + "\n")


if __name__ == "__main__":
    main()
