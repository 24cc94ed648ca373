"""Raw figures, kept in a JSON file that is written after every measurement.

    {"machine": {…}, "rounds": 3, "measures": {"ingest 20000x40": {"tidemark": [row, …], …}, …}}

so that a run may be interrupted, and continued or combined from parts. Each row tells the commit
that it was taken at.
"""

import json
import os
import pathlib
import platform
import statistics
import subprocess
import time

from servers import ROOT


def output_of(*command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip()


def commit():
    """The commit of the tree, with a + if something in it is changed."""
    changed = output_of("git", "-C", str(ROOT), "status", "--porcelain", "--untracked-files=no",
                        "--", ".", ":!docs", ":!README.md", ":!bench")
    return output_of("git", "-C", str(ROOT), "rev-parse", "--short", "HEAD") + "+" * bool(changed)


def machine():
    """What the figures are taken on."""
    model = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo")
                  if line.startswith("model name")), platform.machine())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    packages = {name: output_of("dpkg-query", "-W", "-f=${Version}", name)
                for name in ("prometheus", "victoria-metrics")}
    return {"processor": model, "cores": os.cpu_count(), "memory_gib": round(memory / 2**30),
            "kernel": platform.release(), "packages": packages}


class Results:
    """The figures in the file `path`, and those that are still to be taken.

    `seconds`, if given, is how long new measurements may be begun.
    """

    def __init__(self, path, rounds, seconds=None):
        self.path = pathlib.Path(path)
        self.deadline = time.monotonic() + seconds if seconds else None
        self.content = json.loads(self.path.read_text()) if self.path.exists() else {}
        self.content |= {"machine": machine(), "rounds": rounds}
        self.measures = self.content.setdefault("measures", {})
        self.commit = commit()

    def forget(self, measures):
        for measure in measures:
            self.measures.pop(measure, None)

    def rows(self, measure, server):
        return self.measures.get(measure, {}).get(server, [])

    def out_of_time(self):
        return self.deadline is not None and time.monotonic() >= self.deadline

    def take(self, measure, server, run):
        """Adds what `run()` gives, a dict of numbers."""
        row = run() | {"commit": self.commit}
        self.measures.setdefault(measure, {}).setdefault(server, []).append(row)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        part = self.path.with_suffix(".part")
        part.write_text(json.dumps(self.content, indent=1) + "\n")
        part.replace(self.path)
        print(f"{measure} {server}: {row}", flush=True)


def median(rows):
    """The medians of equal fields of the rows."""
    return {key: statistics.median(row[key] for row in rows)
            for key in rows[0] if isinstance(rows[0][key], (int, float))}
