"""What is measured of a server; each measure starts it on an empty folder and gives a dict."""

import statistics
import time

from servers import Server


def ingest(name, recording):
    """Everything the recording holds, as fast as the server takes it."""
    with Server(name) as server:
        cpu = server.cpu_seconds()
        sent = recording.replay(server)
        cpu = server.cpu_seconds() - cpu
        resident = server.resident_bytes()
    return {
        "samples": sent["samples"],
        "samples_per_second": round(sent["samples_per_second"]),
        "samples_per_cpu_second": round(sent["samples"] / cpu),
        "resident_bytes_per_series": round(resident / recording.series),
        "latency_p99_ms": sent["latency_ms"]["p99"],
    }


def registration(name, recording):
    """One scrape of series that the server has not seen."""
    with Server(name) as server:
        cpu = server.cpu_seconds()
        sent = recording.replay(server)
        cpu = server.cpu_seconds() - cpu
    return {"series_per_cpu_second": round(sent["samples"] / cpu)}


def disk(name, recording, rate, extra=()):
    """Bytes kept and bytes written for a long recording, once the server has settled."""
    with Server(name, extra) as server:
        sent = recording.replay(server, rate)
        server.settle()
        written = server.written_bytes()
        kept = server.disk_bytes()
    return {
        "disk_bytes_per_sample": round(kept / sent["samples"], 3),
        "written_bytes_per_sample": round(written / sent["samples"], 2),
    }


def latency(name, recording, rate):
    """How long requests wait for their answer at `rate` samples a second."""
    with Server(name) as server:
        recording.replay(server, rate)  # every series known, every buffer grown
        sent = recording.replay(server, rate)
    return {"rate": round(rate), "p50_ms": sent["latency_ms"]["p50"],
            "p99_ms": sent["latency_ms"]["p99"]}


def restart(name, recording):
    """Seconds from the start after a kill -9 to readiness, with nothing settled before."""
    with Server(name) as server:
        recording.replay(server)
        server.kill()
        began = time.monotonic()
        server.start()
        seconds = time.monotonic() - began
        cpu = server.cpu_seconds()
    return {"restart_seconds": round(seconds, 2), "restart_cpu_seconds": round(cpu, 2)}


def median(rows):
    """The medians of equal fields over the rounds of one measure."""
    return {key: statistics.median(row[key] for row in rows) for key in rows[0]}
