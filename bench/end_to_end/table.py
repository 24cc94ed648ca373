"""A table of every figure of every server, over the same recorded requests.

Several rounds, the servers one after another in each; medians and ratios. Raw results go to
build/bench/table.json, the table in Markdown to build/bench/table.md.
"""

import argparse
import json
import os
import platform
import subprocess

import measures
from recordings import Recording
from servers import ROOT, SERVERS, WORK

# A sweep for every 40 scrapes, as with scrapes every 15 s and sweeps every 10 minutes.
DISK_SERIES, DISK_SCRAPES, DISK_RATE, DISK_SWEEP = 20_000, 1_440, 800_000, "1s"


class Table:
    """Gathers rows: a figure's name, and its value for each server."""

    def __init__(self, rounds):
        self.rounds = rounds
        self.rows = []
        self.raw = []

    def measure(self, what, run, long=False):
        """Runs `run(name)` for each server in each round; gives the medians by server.

        A long measure has a third of the rounds.
        """
        results = {name: [] for name in SERVERS}
        for _ in range(max(1, self.rounds // 3) if long else self.rounds):
            for name in SERVERS:
                results[name].append(run(name))
                print(f"{what} {name}: {results[name][-1]}", flush=True)
        self.raw.append({"measure": what, "results": results})
        return {name: measures.median(rows) for name, rows in results.items()}

    def add(self, title, medians, field, more_is_better):
        row = {name: fields[field] for name, fields in medians.items()}
        own = row["tidemark"]
        peers = [v for name, v in row.items() if name != "tidemark"]
        best = max(peers) if more_is_better else min(peers)
        ratio = own / best if more_is_better else best / own
        self.rows.append([title] + [row[name] for name in SERVERS] + [f"{ratio:.1f}×"])

    def markdown(self):
        lines = [f"| | {' | '.join(SERVERS)} | better than the best peer |",
                 "|---|" + "---:|" * (len(SERVERS) + 1)]
        for title, *values in self.rows:
            lines.append(f"| {title} | " + " | ".join(shown(v) for v in values) + " |")
        return "\n".join(lines) + "\n"


def shown(value):
    if isinstance(value, str):
        return value
    return f"{value:,.0f}" if value >= 1_000 else f"{value:g}"


def machine():
    """What the figures were taken on."""
    model = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo")
                  if line.startswith("model name")), platform.machine())
    commit = subprocess.run(["git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"],
                            capture_output=True, text=True).stdout.strip()
    return {"processor": model, "cores": os.cpu_count(), "kernel": platform.release(),
            "commit": commit}


def add_ingest(table, sizes):
    for series, scrapes in sizes:
        with Recording(series, scrapes) as recording:
            medians = table.measure(f"ingest {series}x{scrapes}",
                                    lambda name: measures.ingest(name, recording),
                                    long=series * scrapes > 5_000_000)
        table.add(f"samples per CPU-second, {series:,} series × {scrapes}", medians,
                  "samples_per_cpu_second", True)
        table.add(f"resident bytes per series, {series:,} series", medians,
                  "resident_bytes_per_series", False)


def add_registration(table, series):
    with Recording(series, 1) as recording:
        medians = table.measure(f"register {series}",
                                lambda name: measures.registration(name, recording))
    table.add(f"new series per CPU-second, {series:,} series", medians, "series_per_cpu_second",
              True)


def add_disk(table):
    with Recording(DISK_SERIES, DISK_SCRAPES) as recording:
        def run(name):
            extra = [f"--storage.sweep.interval={DISK_SWEEP}"] if name == "tidemark" else []
            return measures.disk(name, recording, DISK_RATE if name == "tidemark" else 0, extra)
        medians = table.measure(f"disk {DISK_SERIES}x{DISK_SCRAPES}", run, long=True)
    table.add("bytes per sample on disk, 6 h × 20,000 series at 15 s", medians,
              "disk_bytes_per_sample", False)
    table.add("bytes written per sample, the same", medians, "written_bytes_per_sample", False)


def add_latency(table, series):
    """Each server at half of what it took at most a moment before."""
    with Recording(series, 20) as recording:
        def run(name):
            most = measures.ingest(name, recording)["samples_per_second"]
            return measures.latency(name, recording, most / 2)
        medians = table.measure(f"latency {series}", run)
    table.add("request latency p99 at half the maximal rate, ms", medians, "p99_ms", False)
    table.add("that rate, samples/s", medians, "rate", True)


def add_restart(table, series, scrapes):
    with Recording(series, scrapes) as recording:
        medians = table.measure(f"restart {series}x{scrapes}",
                                lambda name: measures.restart(name, recording), long=True)
    table.add(f"seconds from kill -9 to ready, {series:,} series × {scrapes}", medians,
              "restart_seconds", False)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="a tenth of the series")
    options = parser.parse_args()
    part = 10 if options.quick else 1

    table = Table(options.rounds)
    add_ingest(table, [(20_000 // part, 40), (100_000 // part, 40), (1_000_000 // part, 12)])
    add_registration(table, 1_000_000 // part)
    add_disk(table)
    add_latency(table, 100_000 // part)
    add_restart(table, 1_000_000 // part, 12)
    WORK.mkdir(parents=True, exist_ok=True)
    (WORK / "table.json").write_text(
        json.dumps({"machine": machine(), "rounds": options.rounds, "measures": table.raw},
                   indent=2) + "\n")
    (WORK / "table.md").write_text(table.markdown())
    print(table.markdown())


if __name__ == "__main__":
    main()
