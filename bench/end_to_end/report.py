"""Writes the tables of docs/performance.md and README.md, and the plots, from the raw figures.

Raw: docs/performance/peers.json and growth.json, as `tools/dev bench peers` and `bench growth` left
them. What stands between `<!-- NAME -->` and `<!-- end of NAME -->` in a document is replaced.
"""

import json
import re

from results import median
from servers import ROOT
from svg import Plot

FOLDER = ROOT / "docs" / "performance"
PEERS = FOLDER / "peers.json"
GROWTH = FOLDER / "growth.json"
DOCUMENTS = [ROOT / "docs" / "performance.md", ROOT / "README.md"]

NAMES = {"tidemark": "Tidemark", "victoria-metrics": "VictoriaMetrics", "prometheus": "Prometheus"}
MORE, LESS = True, False  # what is better

# Title, measure, field, what is better.
FIGURES = [
    ("samples per CPU-second, 20 k series × 40 scrapes", "ingest-20k", "samples_per_cpu_second",
     MORE),
    ("samples per CPU-second, 100 k series × 40 scrapes", "ingest-100k", "samples_per_cpu_second",
     MORE),
    ("samples per CPU-second, 1 M series × 12 scrapes¹", "ingest-1M", "samples_per_cpu_second",
     MORE),
    ("new series per CPU-second, 1 M series", "register-1M", "series_per_cpu_second", MORE),
    ("resident bytes per series, 1 M series¹", "ingest-1M", "resident_bytes_per_series", LESS),
    ("bytes kept per sample, 6 h of 20 k series at 15 s²", "disk", "kept_bytes_per_sample", LESS),
    ("bytes written to disk per sample, the same²", "disk", "written_bytes_per_sample", LESS),
    ("seconds from `kill -9` to ready, 1 M series³", "restart-1M", "restart_seconds", LESS),
    ("request p99 at half the maximal rate, ms⁴", "latency", "p99_ms", LESS),
    ("that rate, samples/s", "latency", "rate", MORE),
]


def shown(value):
    return f"{value:,.0f}" if value >= 1_000 else f"{value:.3g}"


def figure(content, measure, field):
    """The median of each server that was measured."""
    rows = content["measures"].get(measure, {})
    return {name: median(rows[name])[field] for name in NAMES if rows.get(name)}


def ratio(values, more_is_better):
    """How many times better than the best peer."""
    peers = [value for name, value in values.items() if name != "tidemark"]
    if "tidemark" not in values or not peers:
        return "–"
    own = values["tidemark"]
    return f"{own / max(peers) if more_is_better else min(peers) / own:.1f}×"


def peers_table(content):
    lines = ["| | " + " | ".join(NAMES.values()) + " | beside the better peer |",
             "|---|" + "---:|" * (len(NAMES) + 1)]
    for title, measure, field, more_is_better in FIGURES:
        values = figure(content, measure, field)
        cells = [shown(values[name]) if name in values else "–" for name in NAMES]
        lines.append(f"| {title} | " + " | ".join(cells) + f" | {ratio(values, more_is_better)} |")
    return "\n".join(lines) + "\n"


def spread(content):
    """How far the rounds of one server lie apart at most, in CPU figures: (worst, measure)."""
    worst = (0, "")
    for measure, field in (("ingest-20k", "samples_per_cpu_second"),
                           ("ingest-100k", "samples_per_cpu_second"),
                           ("register-1M", "series_per_cpu_second")):
        for name, rows in content["measures"].get(measure, {}).items():
            values = [row[field] for row in rows]
            worst = max(worst, (max(values) / min(values) - 1, f"{measure}, {NAMES[name]}"))
    return worst


def taken_on(content):
    machine = content["machine"]
    commits = sorted({row["commit"] for servers in content["measures"].values()
                      for rows in servers.values() for row in rows})
    packages = ", ".join(f"{name} {version}" for name, version in machine["packages"].items())
    return (f"{machine['processor']}, {machine['cores']} cores, {machine['memory_gib']} GiB, Linux "
            f"{machine['kernel']}; {packages}; Tidemark at {', '.join(commits)}.")


def replace(text, name, content):
    """The text with `content` between the marks of `name`."""
    pattern = re.compile(f"(<!-- {name} -->\n).*?(<!-- end of {name} -->)", re.DOTALL)
    return pattern.sub(lambda match: match.group(1) + content + match.group(2), text)


def refresh_documents(sections):
    for document in DOCUMENTS:
        text = document.read_text()
        for name, content in sections.items():
            text = replace(text, name, content)
        document.write_text(text)


def growth_lines(content, field):
    """{server: [(series, median)]} of the measures `series-N`."""
    lines = {}
    for measure, servers in content["measures"].items():
        if not measure.startswith("series-"):
            continue
        for name, rows in servers.items():
            lines.setdefault(NAMES[name], []).append(
                (int(measure.removeprefix("series-")), median(rows)[field]))
    return {name: sorted(points) for name, points in lines.items()}


def day_lines(content, fields):
    rows = content["measures"].get("days", {}).get("tidemark", [])
    return {name: [(row["days"], row[field]) for row in rows] for name, field in fields.items()}


def week_lines(content, fields):
    rows = content["measures"].get("churn", {}).get("tidemark", [])
    return {name: [(row["weeks"], row[field]) for row in rows] for name, field in fields.items()}


def plots(content):
    """File name -> plot, of those whose figures are there."""
    queries = {"last hour, fleet": "hour_fleet_ms", "last day, one metric": "day_metric_ms",
               "all days, one metric": "all_count_ms"}
    all_plots = {
        "ingest-by-series": Plot("Samples per CPU-second", "series", "samples / CPU-s",
                                 growth_lines(content, "samples_per_cpu_second"), log_x=True),
        "memory-by-series": Plot("Resident bytes per series", "series", "bytes / series",
                                 growth_lines(content, "resident_bytes_per_series"), log_x=True),
        "query-by-days": Plot("Query time", "days kept", "ms (median)",
                              day_lines(content, queries)),
        "disk-by-days": Plot("Disk", "days kept", "MB", day_lines(content, {
            "sealed": "kept_mb"})),
        "ingest-by-weeks": Plot("Samples per CPU-second as series come and go", "weeks",
                                "samples / CPU-s", week_lines(content, {
                                    "Tidemark": "samples_per_cpu_second"})),
        "query-by-weeks": Plot("Query time as series come and go", "weeks", "ms (median)",
                               week_lines(content, {"last hour": "hour_query_ms"})),
        "memory-by-weeks": Plot("Memory as series come and go", "weeks", "MB", week_lines(
            content, {"resident": "resident_mb"})),
    }
    return {name: plot for name, plot in all_plots.items() if plot.has_points()}


def growth_section(content):
    return "".join(f"![{plot.title}](performance/{name}.svg)\n\n"
                   for name, plot in plots(content).items())


def late_section(content):
    rows = content["measures"].get("late", {}).get("tidemark")
    if not rows:
        return ""
    row = rows[-1]
    late, in_order = row["late_per_cpu_second"], row["in_order_per_cpu_second"]
    return (f"A whole day of 500 series that comes after the present, as after a partition, is taken "
            f"at {shown(late)} samples per CPU-second, the same day in order at {shown(in_order)}: "
            f"{late / in_order:.0%} of the speed. Sweeps are part of both; in one process, without "
            f"HTTP.\n")


def refresh():
    sections = {}
    if PEERS.exists():
        content = json.loads(PEERS.read_text())
        sections["peers"] = peers_table(content)
        share, where = spread(content)
        sections["taken on"] = (f"{taken_on(content)} Rounds of a server differ by at most "
                                f"{share:.0%} ({where}).\n")
    if GROWTH.exists():
        content = json.loads(GROWTH.read_text())
        for name, plot in plots(content).items():
            (FOLDER / f"{name}.svg").write_text(plot.svg())
        sections["growth"] = growth_section(content)
        sections["late"] = late_section(content)
        sections["growth taken on"] = taken_on(content) + "\n"
    refresh_documents(sections)


if __name__ == "__main__":
    refresh()
