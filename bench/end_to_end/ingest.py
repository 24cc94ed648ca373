"""Sends recorded remote-write requests through real servers and tells what they cost.

Every server gets the same bytes, alone, on an empty data folder. Reported for each: samples per
second of the wall clock and of the server's processor time (user and system), resident bytes per
series after the last sample, and bytes per sample on disk after an orderly end.
"""

import argparse
import contextlib
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
WORK = ROOT / "build" / "bench"
FLEETSIM = ROOT / "build" / "release" / "tools" / "fleetsim" / "fleetsim"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def tidemark(data, port):
    return [str(ROOT / "build" / "release" / "server" / "tidemark"), "serve",
            f"--storage.path={data}", f"--web.listen-address=127.0.0.1:{port}"]


def prometheus(data, port):
    config = WORK / "prometheus.yml"
    config.write_text("{}\n")
    return ["prometheus", f"--config.file={config}", f"--storage.tsdb.path={data}",
            f"--web.listen-address=127.0.0.1:{port}", "--web.enable-remote-write-receiver"]


def victoria_metrics(data, port):
    return ["victoria-metrics", f"-storageDataPath={data}", f"-httpListenAddr=127.0.0.1:{port}",
            "-retentionPeriod=2"]


# How to start each server, and the path that answers 200 when it is ready.
SERVERS = {
    "tidemark": (tidemark, "/-/ready"),
    "prometheus": (prometheus, "/-/ready"),
    "victoria-metrics": (victoria_metrics, "/health"),
}


def wait_ready(url, process, seconds=60):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(urllib.error.URLError, ConnectionError):
            with urllib.request.urlopen(url, timeout=5) as answer:
                if answer.status == 200:
                    return
        time.sleep(0.1)
    sys.exit(f"{url} does not answer; see {WORK}")


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_bytes(pid):
    pages = int(pathlib.Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def bytes_on_disk(folder):
    return sum(f.stat().st_blocks * 512 for f in folder.rglob("*") if f.is_file())


def record(series, scrapes, connections):
    """Records the requests; gives the file."""
    path = WORK / "fleet.rec"
    subprocess.run([str(FLEETSIM), "record", f"--series={series}", f"--scrapes={scrapes}",
                    f"--connections={connections}", "--start=now-30m", f"--out={path}"],
                   check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    return path


def replay(recording, port):
    """Sends the recording as fast as the server takes it; gives (samples, seconds)."""
    begin = time.monotonic()
    done = subprocess.run([str(FLEETSIM), "replay", f"--in={recording}",
                           f"--url=http://127.0.0.1:{port}/api/v1/write"],
                          check=True, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    seconds = time.monotonic() - begin
    sent = json.loads(done.stdout.splitlines()[-1])
    return sent["samples"], seconds


def measure(name, recording, series):
    command, ready_path = SERVERS[name]
    data = WORK / f"{name}-data"
    shutil.rmtree(data, ignore_errors=True)
    port = free_port()
    with open(WORK / f"{name}.log", "w") as log:
        process = subprocess.Popen(command(data, port), stdin=subprocess.DEVNULL, stdout=log,
                                   stderr=log)
    try:
        wait_ready(f"http://127.0.0.1:{port}{ready_path}", process)
        cpu_before = cpu_seconds(process.pid)
        samples, seconds = replay(recording, port)
        cpu = cpu_seconds(process.pid) - cpu_before
        resident = resident_bytes(process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=300)
    disk = bytes_on_disk(data)
    shutil.rmtree(data, ignore_errors=True)
    return {
        "server": name,
        "series": series,
        "samples": samples,
        "samples_per_second": round(samples / seconds),
        "samples_per_cpu_second": round(samples / cpu),
        "resident_bytes_per_series": round(resident / series),
        "disk_bytes_per_sample": round(disk / samples, 2),
    }


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
    parser.add_argument("--peers", action="store_true", help="measure the other servers, too")
    options = parser.parse_args()

    WORK.mkdir(parents=True, exist_ok=True)
    recording = record(options.series, options.scrapes, options.connections)
    names = list(SERVERS) if options.peers else ["tidemark"]
    rows = [measure(name, recording, options.series) for name in names]
    recording.unlink()
    print_table(rows)
    (WORK / "ingest.json").write_text(json.dumps(rows, indent=2) + "\n")


if __name__ == "__main__":
    main()
