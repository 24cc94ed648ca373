"""How cost grows with the number of series and with the days kept; draws docs/performance/*.svg.

Series: samples per CPU-second and resident bytes at 10 k, 100 k, 1 M series (and --more sizes).
Days: a fleet of 2,000 series writes 30 days, a scrape a minute, with the model's clock running
ahead; after days 1, 2, 5, 10, 20, 30 everything is flushed, and disk and query times are read.
"""

import argparse
import json
import statistics
import subprocess
import time
import urllib.parse

import measures
from recordings import FLEETSIM, Recording
from servers import ROOT, SERVERS, WORK, Server
from svg import Plot

PLOTS = ROOT / "docs" / "performance"
DAYS = [1, 2, 5, 10, 20, 30]
DAY_SERIES = 2_000
DAY_INTERVAL_SECONDS = 60
QUERIES = {
    "last hour, fleet": ("max by (cluster) (tidb_log_backup_last_checkpoint)", 3_600, 60),
    "last day, one metric": ("sum(rate(tikv_log_backup_handle_kv_batch_sum[5m]))", 86_400, 600),
    "everything, one series": ("count(up)", None, 3_600),
}


def by_series(sizes, rounds):
    """Replays a recording of each size into each server; gives the medians by server."""
    results = {name: [] for name in SERVERS}
    for series in sizes:
        with Recording(series, max(4, min(40, 12_000_000 // series))) as recording:
            for name in SERVERS:
                rows = [measures.ingest(name, recording) for _ in range(rounds)]
                results[name].append({"series": series} | measures.median(rows))
                print(name, results[name][-1], flush=True)
    return results


def write_day(server, day, days):
    """Sends the day that begins `days - day` days ago."""
    subprocess.run([str(FLEETSIM), "write", f"--url={server.url}/api/v1/write",
                    f"--series={DAY_SERIES}", f"--interval={DAY_INTERVAL_SECONDS}s",
                    f"--start=now-{days - day}d", "--connections=2",
                    f"--scrapes={86_400 // DAY_INTERVAL_SECONDS}"],
                   check=True, stdin=subprocess.DEVNULL, capture_output=True)


def query_ms(server, expression, span_seconds, step, end):
    """Median wall time of a range query, warm."""
    query = urllib.parse.urlencode({"query": expression, "start": end - span_seconds, "end": end,
                                    "step": step})
    times = []
    for _ in range(8):
        begin = time.monotonic()
        server.request(f"/api/v1/query_range?{query}")
        times.append((time.monotonic() - begin) * 1_000)
    return statistics.median(times[1:])


def by_days():
    """Gives a row of figures for each of DAYS."""
    rows = []
    with Server("tidemark", ["--storage.retention.time=60d"]) as server:
        for day in range(DAYS[-1]):
            write_day(server, day + 1, DAYS[-1] + 1)
            if day + 1 not in DAYS:
                continue
            server.settle()
            end = time.time() - (DAYS[-1] - day - 1) * 86_400 - 86_400
            row = {"days": day + 1, "disk_bytes": server.disk_bytes(),
                   "resident_bytes": server.resident_bytes()}
            for name, (expression, span, step) in QUERIES.items():
                span = span or (day + 1) * 86_400
                row[name] = query_ms(server, expression, span, step, end)
            print(row, flush=True)
            rows.append(row)
    return rows


def draw_series(results):
    def lines(field, scale=1):
        return {name: [(row["series"], row[field] * scale) for row in rows]
                for name, rows in results.items()}
    (PLOTS / "ingest-by-series.svg").write_text(
        Plot("Samples per CPU-second", "series", "samples / CPU-s",
             lines("samples_per_cpu_second"), log_x=True).svg())
    (PLOTS / "memory-by-series.svg").write_text(
        Plot("Resident bytes per series", "series", "bytes / series",
             lines("resident_bytes_per_series"), log_x=True).svg())


def draw_days(rows):
    (PLOTS / "query-by-days.svg").write_text(
        Plot("Query time", "days kept", "ms (median)",
             {name: [(row["days"], row[name]) for row in rows] for name in QUERIES}).svg())
    (PLOTS / "disk-by-days.svg").write_text(
        Plot("Disk", "days kept", "MB", {"tidemark": [(row["days"], row["disk_bytes"] / 1e6)
                                                      for row in rows]}).svg())


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--more", type=int, nargs="*", default=[], help="further numbers of series")
    parser.add_argument("--only", choices=["series", "days"])
    options = parser.parse_args()
    PLOTS.mkdir(parents=True, exist_ok=True)
    WORK.mkdir(parents=True, exist_ok=True)
    raw = {}
    if options.only != "days":
        raw["series"] = by_series([10_000, 100_000, 1_000_000, *options.more], options.rounds)
        draw_series(raw["series"])
    if options.only != "series":
        raw["days"] = by_days()
        draw_days(raw["days"])
    (WORK / "growth.json").write_text(json.dumps(raw, indent=2) + "\n")


if __name__ == "__main__":
    main()
