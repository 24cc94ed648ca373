"""What is measured of a server; each measure starts it on an empty folder and gives a dict."""

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
    return {"series": sent["samples"], "series_per_cpu_second": round(sent["samples"] / cpu)}


def disk(name, recording, rate=0, extra=()):
    """Bytes kept and bytes written for a long recording, once the server has settled."""
    with Server(name, extra) as server:
        written = server.written_bytes()
        sent = recording.replay(server, rate)
        server.settle()
        written = server.written_bytes() - written
        kept = server.kept_bytes()
        whole = server.disk_bytes()
    return {
        "samples": sent["samples"],
        "kept_bytes_per_sample": round(kept / sent["samples"], 3),
        "written_bytes_per_sample": round(written / sent["samples"], 2),
        "folder_bytes": whole,
    }


def latency(name, first, second):
    """How long requests wait for their answer at half the rate of which the server is capable.

    The rate is taken with `first`, in which the series are new, too; then come the scrapes of
    `second`, of the same series.
    """
    with Server(name) as server:
        most = first.replay(server)["samples_per_second"]
        sent = second.replay(server, most / 2)
    return {"rate": round(most / 2), "p50_ms": sent["latency_ms"]["p50"],
            "p99_ms": sent["latency_ms"]["p99"]}


def restart(name, first, second):
    """From the start after a kill -9 to readiness.

    Tidemark is asked to bring what came with `first` into the store, so that its journal holds what
    comes with `second`, of the same series, and no sweep is due at the kill.
    """
    with Server(name) as server:
        first.replay(server)
        if name == "tidemark":
            server.settle()
        sent = second.replay(server)
        journal = server.journal_bytes()
        server.kill()
        began = time.monotonic()
        server.start()
        seconds = time.monotonic() - began
        cpu = server.cpu_seconds()
    return {"samples": sent["samples"], "journal_bytes": journal,
            "restart_seconds": round(seconds, 2), "restart_cpu_seconds": round(cpu, 2)}
