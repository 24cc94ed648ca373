"""Sends recorded remote-write requests through the real server and tells what they cost.

With --peers the same bytes go to Prometheus and VictoriaMetrics, too, each alone on an empty data
folder. Reported are medians over the rounds.
"""

import argparse
import json

import measures
from recordings import Recording
from servers import SERVERS, WORK


def print_table(rows):
    columns = list(rows[0])
    widths = [max(len(c), *(len(str(r[c])) for r in rows)) for c in columns]
    for line in [columns] + [[str(r[c]) for c in columns] for r in rows]:
        print("  ".join(text.rjust(width) for text, width in zip(line, widths)))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--series", type=int, default=100_000)
    parser.add_argument("--scrapes", type=int, default=12)
    parser.add_argument("--connections", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--peers", action="store_true", help="measure the other servers, too")
    options = parser.parse_args()

    names = list(SERVERS) if options.peers else ["tidemark"]
    rounds = {name: [] for name in names}
    with Recording(options.series, options.scrapes, options.connections) as recording:
        for _ in range(options.rounds):
            for name in names:
                rounds[name].append(measures.ingest(name, recording))
    rows = [{"server": name} | measures.median(rounds[name]) for name in names]
    print_table(rows)
    (WORK / "ingest.json").write_text(json.dumps(rows, indent=2) + "\n")


if __name__ == "__main__":
    main()
