"""Asks Tidemark, Prometheus and VictoriaMetrics the same queries over the same series.

Every server, alone, is given the log-backup series of a fleet and settles; its data folder is kept
in build/bench/query-SPAN, so that later runs only ask. To be asked a server starts on a copy of the
folder, and is sent the newest scrapes, as a server at work has just been. Each query is asked until
it is warm, then --rounds times. Reported are the median of the wall clock, and the processor time
of the server per query, in milliseconds. The row "floor" is a page that takes no work: what a
request costs at least, the client's part included, which is the same for all servers.

All servers are asked as they are; Tidemark and VictoriaMetrics, which keep results of range
queries, also without these ("uncached"), which tells what evaluating costs. Range queries are asked
again with the same ends, as by many viewers, and with ends that move on by a step each time, as by
a dashboard that refreshes ("moved").

Part "writes" tells how long write requests wait for their answer at a steady rate, alone and while
four dashboards ask the heaviest panel without a pause.

Parts, by --part: load, ask, table, writes; without it the first three. Raw results go to
build/bench/query-SPAN.json, the table to build/bench/query-SPAN.md. Servers and queries that are
asked again replace their figures; the others stay.
"""

import argparse
import contextlib
import gzip
import json
import pathlib
import re
import shutil
import socket
import statistics
import threading
import time
import urllib.parse

from query_set import requests
from recordings import Recording
from results import machine
from servers import SERVERS, WORK, Server

WARM = 2
# The newest scrapes, which a server gets when it is to be asked: more than the look-back.
NEWEST = 40

# By span: series, scrapes, seconds between queries' steps. A week of 20,000 series would take the
# slowest peer hours to load.
SPANS = {"6h": (20_000, 6 * 240, 15), "week": (2_000, 7 * 24 * 240, 120)}

# What is asked: the server, its further flags, parameters of each request.
ASKED = {
    "tidemark": ("tidemark", [], {}),
    "tidemark uncached": ("tidemark", ["--query.cache-bytes=0"], {}),
    "prometheus": ("prometheus", [], {}),
    "victoria-metrics": ("victoria-metrics", [], {}),
    "victoria-metrics uncached": ("victoria-metrics", [], {"nocache": 1}),
}
# The least that a request costs, client included: a page that takes no work.
FLOORS = {"tidemark": "/-/healthy", "prometheus": "/-/healthy", "victoria-metrics": "/health"}
FLOOR = "floor"
PEERS = ("prometheus", "victoria-metrics")
PEERS_UNCACHED = ("prometheus", "victoria-metrics uncached")


def processor_seconds(server):
    """User and system time of all threads, in steps finer than the clock's ticks."""
    tasks = pathlib.Path(f"/proc/{server.process.pid}/task").glob("*/schedstat")
    return sum(int(task.read_text().split()[0]) for task in tasks) / 1e9


class Client:
    """One connection, kept open as a dashboard keeps it, with next to no work of its own.

    What it costs by itself is in each answer's time, the same for all servers: see FLOORS.
    """

    def __init__(self, server):
        address = urllib.parse.urlsplit(server.url)
        self.host = address.netloc
        self.socket = socket.create_connection((address.hostname, address.port), timeout=600)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.room = memoryview(bytearray(1 << 20))

    def request(self, path):
        return (f"GET {path} HTTP/1.1\r\nHost: {self.host}\r\n"
                "Accept-Encoding: gzip\r\n\r\n").encode()

    def ask(self, path):
        """Gives (seconds, body)."""
        request = self.request(path)
        began = time.perf_counter()
        self.socket.sendall(request)
        head, body = self.receive()
        seconds = time.perf_counter() - began
        if not head.startswith(b"HTTP/1.1 200"):
            raise SystemExit(f"{path}: {head.decode()} {body[:300]}")
        return seconds, unchunked(body) if is_chunked(head) else body

    def receive(self):
        """The head of the answer, and its body as it was sent."""
        answer = self.more()
        while (end := answer.find(b"\r\n\r\n")) < 0:
            answer += self.more()
        head, parts = answer[:end].lower().replace(b"http/1.1", b"HTTP/1.1"), [answer[end + 4:]]
        if is_chunked(head):
            while not (parts[-1].endswith(b"0\r\n\r\n") or b"".join(parts[-2:]).endswith(
                    b"0\r\n\r\n")):
                parts.append(self.more())
        else:
            missing = int(re.search(rb"content-length: *(\d+)", head)[1]) - len(parts[0])
            while missing > 0:
                parts.append(self.more())
                missing -= len(parts[-1])
        return head, b"".join(parts)

    def more(self):
        length = self.socket.recv_into(self.room)
        if length == 0:
            raise SystemExit("the server closed the connection")
        return bytes(self.room[:length])


def is_chunked(head):
    return b"transfer-encoding: chunked" in head


def unchunked(body):
    parts = []
    while body:
        size, _, rest = body.partition(b"\r\n")
        parts.append(rest[:int(size, 16)])
        body = rest[int(size, 16) + 2:]
    return b"".join(parts)


def data_in(body):
    if body[:2] == b"\x1f\x8b":
        body = gzip.decompress(body)
    return json.loads(body)["data"]


def series_in(data):
    return len(data["result"]) if isinstance(data, dict) else len(data)


def timed(server, client, paths):
    """Wall and processor time of asking `paths` one after another, in milliseconds."""
    before = processor_seconds(server)
    walls = [client.ask(path)[0] for path in paths]
    cpu = (processor_seconds(server) - before) / len(paths)
    return {"ms": round(statistics.median(walls) * 1e3, 3), "cpu": round(cpu * 1e3, 3)}


def measure(server, client, request, rounds, extra):
    path = request.path(**extra)
    for _ in range(WARM):
        _, body = client.ask(path)
    result = timed(server, client, [path] * rounds)
    result |= {"series": series_in(data_in(body)), "bytes": len(body)}
    if request.moves:
        client.ask(request.path(moved=-rounds - 1, **extra))
        moving = [request.path(moved=i - rounds, **extra) for i in range(rounds)]
        result["moved"] = timed(server, client, moving)
    return result


class Load:
    """The folder that holds what the servers were loaded with."""

    def __init__(self, span, series, scrapes):
        self.series, self.scrapes = series, scrapes
        self.folder = WORK / f"query-{span}"
        self.about = self.folder / "about.json"
        self.newest_path = self.folder / "newest.rec"

    def facts(self):
        return json.loads(self.about.read_text()) if self.about.exists() else {}

    def run(self, names):
        """Loads those of the servers that are not."""
        if self.facts().get("series") != self.series or self.facts().get("scrapes") != self.scrapes:
            shutil.rmtree(self.folder, ignore_errors=True)
            self.folder.mkdir(parents=True)
        missing = [name for name in names if name not in self.facts().get("loaded", [])]
        if not missing:
            return
        recording = self.recording()
        for name in missing:
            shutil.rmtree(self.folder / name, ignore_errors=True)
            with Server(name, data=self.folder / name) as server:
                recording.replay(server)
                server.settle()
            facts = self.facts()
            self.about.write_text(json.dumps(facts | {"loaded": facts["loaded"] + [name]}))
            print(f"{name} is loaded", flush=True)
        if set(self.facts()["loaded"]) >= set(SERVERS):
            recording.path.unlink()

    def recording(self):
        path = self.folder / "requests.rec"
        if not path.exists():
            now = time.time()
            end = int(now) // 60 * 60 - 60
            recording = Recording(self.series, self.scrapes, path=path, ago=15 * NEWEST + 15)
            newest = Recording(self.series, NEWEST, path=self.newest_path,
                               ago=15 + time.time() - now)
            self.about.write_text(json.dumps({
                "series": self.series, "scrapes": self.scrapes,
                "samples": recording.samples + newest.samples,
                "end": end, "loaded": self.facts().get("loaded", [])}))
            return recording
        return Recording.existing(self.series, self.scrapes, path)

    @contextlib.contextmanager
    def server(self, name, flags):
        """A server at work on a copy of what it was loaded with."""
        copy = self.folder / "asked"
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(self.folder / name, copy)
        with Server(name, flags, data=copy) as server:
            server.wait_idle()
            Recording.existing(self.series, NEWEST, self.newest_path).replay(server)
            server.wait_idle()
            yield server
        shutil.rmtree(copy)


def ask_all(load, step, asked, rounds, only, results):
    facts = load.facts()
    end = facts["end"] // step * step
    for column in asked:
        name, flags, extra = ASKED[column]
        if name not in facts["loaded"]:
            continue
        with load.server(name, flags) as server:
            client = Client(server)
            floor = [FLOORS[name]] * rounds
            timed(server, client, floor)
            results.setdefault(FLOOR, {})[column] = timed(server, client, floor)
            print(f"{column}: {FLOOR}: {results[FLOOR][column]}", flush=True)
            for query, request in requests(end, facts["scrapes"] * 15, step).items():
                if only in query:
                    one = measure(server, client, request, rounds, extra)
                    results.setdefault(query, {})[column] = one
                    print(f"{column}: {query}: {one}", flush=True)


class Dashboards:
    """Threads that ask a server the same question again and again, until the end of the block."""

    def __init__(self, server, request, count=4):
        self.server, self.request, self.done, self.asked = server, request, False, 0
        self.threads = [threading.Thread(target=self.ask) for _ in range(count)]

    def ask(self):
        client = Client(self.server)
        while not self.done:
            client.ask(self.request.path(nocache=1))
            self.asked += 1

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.done = True
        for thread in self.threads:
            thread.join()


def writes(names, series, scrapes, rate):
    """p99 of write requests in milliseconds, alone and under queries, by server."""
    results = {}
    heaviest = "panel messages p90"
    with Recording(series, scrapes) as recording:
        for name in names:
            column, flags, _ = ASKED[name]
            with Server(column, flags) as server:
                recording.replay(server)
                now = int(time.time()) // 15 * 15
                request = requests(now, scrapes * 15, 15)[heaviest]
                alone = recording.replay(server, rate)["latency_ms"]["p99"]
                with Dashboards(server, request) as dashboards:
                    under = recording.replay(server, rate)["latency_ms"]["p99"]
            results[name] = {"p99_alone": alone, "p99_under_queries": under,
                             "queries": dashboards.asked, "rate": rate}
            print(f"writes {name}: {results[name]}", flush=True)
    return results


def ratio(columns, own, peers, what):
    """How many times the best of the peers takes what Tidemark takes."""
    def figure(name):
        cell = columns.get(name)
        for key in what:
            cell = (cell or {}).get(key)
        return cell
    theirs = [f for f in map(figure, peers) if f]
    return f"{min(theirs) / figure(own):.1f}x" if theirs and figure(own) else ""


def row(query, columns):
    cells = [query]
    for name in ASKED:
        cell = columns.get(name)
        cells.append(f"{cell['ms']:.2f} / {cell['cpu']:.2f}" if cell else "")
    cells.append("/".join(str(columns[c].get("series", ""))
                          for c in ("tidemark",) + PEERS if c in columns))
    cells += [ratio(columns, "tidemark", PEERS, ["ms"]), ratio(columns, "tidemark", PEERS, ["cpu"]),
              ratio(columns, "tidemark", PEERS, ["moved", "ms"]),
              ratio(columns, "tidemark uncached", PEERS_UNCACHED, ["ms"]),
              ratio(columns, "tidemark uncached", PEERS_UNCACHED, ["cpu"])]
    return "| " + " | ".join(cells) + " |"


def markdown(results):
    heads = ["query"] + [f"{name}, ms / cpu" for name in ASKED] + [
        "series", "faster", "less cpu", "faster, moved", "faster, uncached", "less cpu, uncached"]
    lines = ["| " + " | ".join(heads) + " |", "|---|" + "---:|" * (len(heads) - 1)]
    return "\n".join(lines + [row(query, columns) for query, columns in results.items()]) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--span", choices=SPANS, default="6h")
    parser.add_argument("--series", type=int)
    parser.add_argument("--scrapes", type=int)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--part", choices=("load", "ask", "table", "writes"))
    parser.add_argument("--only", default="", help="the queries whose names hold this")
    parser.add_argument("--servers", nargs="+", default=list(ASKED), choices=ASKED)
    options = parser.parse_args()

    series, scrapes, step = SPANS[options.span]
    load = Load(options.span, options.series or series, options.scrapes or scrapes)
    raw = WORK / f"query-{options.span}.json"
    report = json.loads(raw.read_text()) if raw.exists() else {"queries": {}}
    if options.part in (None, "load"):
        load.run(dict.fromkeys(ASKED[column][0] for column in options.servers))
    if options.part in (None, "ask"):
        report |= {"machine": machine(), "rounds": options.rounds, "load": load.facts()}
        ask_all(load, step, options.servers, options.rounds, options.only, report["queries"])
        raw.write_text(json.dumps(report, indent=2) + "\n")
    if options.part == "writes":
        report["writes"] = writes(options.servers, options.series or 20_000, 60, 100_000)
        raw.write_text(json.dumps(report, indent=2) + "\n")
    if options.part in (None, "table"):
        (WORK / f"query-{options.span}.md").write_text(markdown(report["queries"]))
        print(markdown(report["queries"]))


if __name__ == "__main__":
    main()
