"""How cost grows: with the number of series, with the days kept, with the weeks that series come
and go.

series: samples per CPU-second and resident bytes at 10 k, 100 k, 1 M series (and --more sizes).
days:   a fleet of 2,000 series writes 30 days, a scrape a minute, with the model's clock running
        ahead; after days 1, 2, 5, 10, 20, 30 everything is flushed, and disk and query times read.
churn:  a store in one process, its clock running ahead: a fifth of all series is replaced every
        week, so that a year has seen eleven times as many as live (--live 1000000 for the whole
        of it, which takes some minutes).
late:   a day of one sender that comes after the present, beside the same day in order; in one
        process.

What was measured is kept in docs/performance/growth.json after each measurement, and the plots and
docs/performance.md are written anew at the end. `--only` measures some parts anew and keeps the
others; `--resume` goes on where a run ended (days, churn and late are one measurement each).
"""

import argparse
import json
import os
import statistics
import subprocess
import time
import urllib.parse

import measures
import report
from recordings import FLEETSIM, Recording
from results import Results
from servers import RELEASE, SERVERS, WORK, Server

PARTS = ["series", "days", "churn", "late"]
DAYS = [1, 2, 5, 10, 20, 30]
DAY_SERIES = 2_000
DAY_INTERVAL_SECONDS = 60
DAY_SECONDS = 86_400
# Field -> expression, span in seconds (none: all days), step.
QUERIES = {
    "hour_fleet_ms": ("max by (cluster) (tidb_log_backup_last_checkpoint)", 3_600, 60),
    "day_metric_ms": ("sum(rate(tikv_log_backup_handle_kv_batch_sum[5m]))", DAY_SECONDS, 600),
    "all_count_ms": ("count(up)", None, 3_600),
}
PROMETHEUS_SERIES = 1_000_000  # more than fits into the memory of a small machine
PROMETHEUS_SAMPLES = 4_000_000  # half a minute


def by_series(series, rounds, results):
    """Replays a recording of so many series into each server; False when the time is over."""
    measure = f"series-{series}"
    for name in SERVERS:
        if name == "prometheus" and series > PROMETHEUS_SERIES:
            continue
        samples = PROMETHEUS_SAMPLES if name == "prometheus" else 12_000_000
        if len(results.rows(measure, name)) >= rounds:
            continue
        with Recording(series, max(3, min(40, samples // series))) as recording:
            while len(results.rows(measure, name)) < rounds:
                if results.out_of_time():
                    return False
                results.take(measure, name, lambda: measures.ingest(name, recording)
                             | {"recorded_series": series, "scrapes": recording.scrapes})
    return True


def write_day(server, begin):
    subprocess.run([str(FLEETSIM), "write", f"--url={server.url}/api/v1/write",
                    f"--series={DAY_SERIES}", f"--interval={DAY_INTERVAL_SECONDS}s",
                    f"--start={int(begin * 1_000)}", "--connections=2",
                    f"--scrapes={DAY_SECONDS // DAY_INTERVAL_SECONDS}"],
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
    return round(statistics.median(times[1:]), 2)


def by_days(results, days):
    first = time.time() - (days[-1] + 1) * DAY_SECONDS
    with Server("tidemark", ["--storage.retention.time=60d"]) as server:
        for day in range(days[-1]):
            write_day(server, first + day * DAY_SECONDS)
            if day + 1 not in days:
                continue
            server.settle()
            end = first + (day + 1) * DAY_SECONDS
            row = {"days": day + 1, "kept_mb": round(server.kept_bytes() / 1e6, 2),
                   "resident_mb": round(server.resident_bytes() / 1e6)}
            for field, (expression, span, step) in QUERIES.items():
                row[field] = query_ms(server, expression, span or (day + 1) * DAY_SECONDS, step,
                                      end)
            results.take("days", "tidemark", lambda: row)


def run_benchmark(program, name, environment=None):
    """The results of the benchmarks whose names match, as dicts."""
    done = subprocess.run([str(RELEASE / "bench" / "storage" / program),
                           f"--benchmark_filter={name}", "--benchmark_format=json"],
                          check=True, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          env=os.environ | (environment or {}))
    return json.loads(done.stdout)["benchmarks"]


def by_weeks(results, live, weeks):
    """Runs BM_Db_Churn, whose counters are named FIELD@WEEK."""
    result = run_benchmark("storage_churn_bench", "BM_Db_Churn",
                           {"TIDEMARK_CHURN_SERIES": str(live), "TIDEMARK_CHURN_WEEKS": str(weeks)})
    rows = {}
    for name, value in result[0].items():
        field, at, week = name.partition("@")
        if at:
            rows.setdefault(int(week), {})[field] = round(value, 2)
    for week in sorted(rows):
        results.take("churn", "tidemark", lambda: {"weeks": week, "live": live} | rows[week])


def late_day(results):
    counters = run_benchmark("storage_store_bench", "BM_Store_LateDay")[0]
    results.take("late", "tidemark", lambda: {
        "in_order_per_cpu_second": round(counters["in_order_M/s"] * 1e6),
        "late_per_cpu_second": round(counters["late_M/s"] * 1e6)})


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--more", type=int, nargs="*", default=[], help="further numbers of series")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--live", type=int, default=100_000, help="living series of churn")
    parser.add_argument("--quick", action="store_true", help="few series, days and weeks")
    parser.add_argument("--resume", action="store_true", help="keep what was measured before")
    parser.add_argument("--minutes", type=float, help="begin no measurement after so long")
    options = parser.parse_args()

    sizes = [1_000, 10_000] if options.quick else [10_000, 100_000, 1_000_000, *options.more]
    path = WORK / "growth-quick.json" if options.quick else report.GROWTH
    results = Results(path, options.rounds, options.minutes and options.minutes * 60)
    done = True
    if "series" in options.only:
        if not options.resume:
            results.forget(f"series-{series}" for series in sizes)
        done = all(by_series(series, options.rounds, results) for series in sizes)
    days, weeks = ([1, 2], 8) if options.quick else (DAYS, 50)
    live = 5_000 if options.quick else options.live
    for part, rows, run in (("days", len(days), lambda: by_days(results, days)),
                            ("churn", weeks, lambda: by_weeks(results, live, weeks)),
                            ("late", 1, lambda: late_day(results))):
        if part not in options.only:
            continue
        if options.resume and len(results.rows(part, "tidemark")) == rows:
            continue
        if results.out_of_time():
            done = False
            continue
        results.forget([part])
        run()
    if not options.quick:
        report.refresh()
    if not done:
        print("not all was measured: go on with --resume")


if __name__ == "__main__":
    main()
