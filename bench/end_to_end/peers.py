"""A table of every figure of every server, over the same recorded requests.

Several rounds, the servers one after another in each. What was measured is kept in
docs/performance/peers.json (build/bench/peers-quick.json with --quick) after each measurement, and
the table in docs/performance.md and README.md is written anew at the end. `--resume` goes on where
a run ended; `--only PART` measures one part anew and keeps the others.
"""

import argparse
import contextlib
import dataclasses
from typing import Callable

import measures
import report
from recordings import Recording
from results import Results
from servers import SERVERS, WORK

# A sweep for every 40 scrapes, as with scrapes every 15 s and sweeps every 10 minutes.
DISK_RATE, DISK_SWEEP = 800_000, "1s"
LATENCY_SCRAPES = 12


@dataclasses.dataclass
class Part:
    """`run(server, *recordings)` over recordings of so many scrapes, each behind the one before.

    Prometheus gets recordings of its own where it would need minutes for the others', and long
    parts have a third of the rounds.
    """

    name: str
    run: Callable
    series: int
    scrapes: tuple
    prometheus: tuple = ()
    long: bool = False

    def scrapes_of(self, server):
        return self.prometheus if server == "prometheus" and self.prometheus else self.scrapes

    def rounds(self, rounds):
        return max(1, rounds // 3) if self.long else rounds


def disk(name, recording):
    if name == "tidemark":
        return measures.disk(name, recording, DISK_RATE, [f"--storage.sweep.interval={DISK_SWEEP}"])
    return measures.disk(name, recording)


def parts(quick):
    million, hundred, twenty = (100_000, 10_000, 2_000) if quick else (1_000_000, 100_000, 20_000)
    day_quarter, two_hours = (144, 48) if quick else (1_440, 480)
    return [
        Part("ingest-20k", measures.ingest, twenty, (40,)),
        Part("ingest-100k", measures.ingest, hundred, (40,)),
        Part("ingest-1M", measures.ingest, million, (12,), (4,), long=True),
        Part("register-1M", measures.registration, million, (1,)),
        Part("disk", disk, twenty, (day_quarter,), (two_hours,), long=True),
        Part("latency", measures.latency, hundred, (LATENCY_SCRAPES, LATENCY_SCRAPES), (6, 6)),
        Part("restart-1M", measures.restart, million, (1, 8), (1, 3), long=True),
    ]


@contextlib.contextmanager
def recordings(series, scrapes):
    """Recordings of so many scrapes, one behind the other, the last up to now."""
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(Recording(series, count, ago=15 * sum(scrapes[i + 1:]) + 15))
               for i, count in enumerate(scrapes)]


def measure_part(part, servers, rounds, results):
    """Takes what is missing; False when the time is over."""
    missing = [(round, name) for round in range(part.rounds(rounds)) for name in servers
               if len(results.rows(part.name, name)) <= round]
    with contextlib.ExitStack() as stack:
        made = {}
        for _, name in missing:
            if results.out_of_time():
                return False
            scrapes = part.scrapes_of(name)
            if scrapes not in made:
                made[scrapes] = stack.enter_context(recordings(part.series, scrapes))
            results.take(part.name, name, lambda: part.run(name, *made[scrapes])
                         | {"recorded_series": part.series, "scrapes": sum(scrapes)})
    return True


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="a tenth of the series")
    parser.add_argument("--only", nargs="+", choices=[p.name for p in parts(False)])
    parser.add_argument("--servers", nargs="+", choices=list(SERVERS), default=list(SERVERS))
    parser.add_argument("--resume", action="store_true", help="keep what was measured before")
    parser.add_argument("--minutes", type=float, help="begin no measurement after so long")
    options = parser.parse_args()

    chosen = [p for p in parts(options.quick) if not options.only or p.name in options.only]
    path = WORK / "peers-quick.json" if options.quick else report.PEERS
    results = Results(path, options.rounds, options.minutes and options.minutes * 60)
    if not options.resume:
        results.forget(p.name for p in chosen)
    done = all(measure_part(p, options.servers, options.rounds, results) for p in chosen)
    print(report.peers_table(results.content))
    if not options.quick:
        report.refresh()
    if not done:
        print("not all was measured: go on with --resume")


if __name__ == "__main__":
    main()
