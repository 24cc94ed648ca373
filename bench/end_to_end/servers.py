"""Starts the servers that are measured, alone on an empty folder, and reads what they use.

    with Server("tidemark", work) as server:
        server.url, server.cpu_seconds(), server.resident_bytes(), server.written_bytes()
"""

import contextlib
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
WORK = ROOT / "build" / "bench"
RELEASE = ROOT / "build" / "release"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def bytes_below(folder):
    """Bytes on disk; files may come and go meanwhile."""
    size = 0
    for path in folder.rglob("*"):
        with contextlib.suppress(FileNotFoundError):
            size += path.stat().st_blocks * 512 if path.is_file() else 0
    return size


def tidemark(data, port):
    return [str(RELEASE / "server" / "tidemark"), "serve", f"--storage.path={data}",
            f"--web.listen-address=127.0.0.1:{port}", "--web.enable-admin-api"]


def prometheus(data, port):
    config = WORK / "prometheus.yml"
    config.write_text("{}\n")
    return ["prometheus", f"--config.file={config}", f"--storage.tsdb.path={data}",
            f"--web.listen-address=127.0.0.1:{port}", "--web.enable-remote-write-receiver",
            "--web.enable-admin-api", "--storage.tsdb.retention.time=60d"]


def victoria_metrics(data, port):
    return ["victoria-metrics", f"-storageDataPath={data}", f"-httpListenAddr=127.0.0.1:{port}",
            "-retentionPeriod=2"]


# How to start each server, and the path that answers 200 when it is ready.
SERVERS = {
    "tidemark": (tidemark, "/-/ready"),
    "prometheus": (prometheus, "/-/ready"),
    "victoria-metrics": (victoria_metrics, "/health"),
}


class Server:
    """One server process with a data folder of its own, both gone at the end of the block.

    A folder that is named stays, with what was in it.
    """

    def __init__(self, name, extra=(), data=None):
        self.name = name
        self.extra = list(extra)
        self.keep = data is not None
        self.data = data or WORK / f"{name}-data"
        self.process = None
        self.port = None  # the same at every start
        self.url = None

    def __enter__(self):
        WORK.mkdir(parents=True, exist_ok=True)
        if not self.keep:
            shutil.rmtree(self.data, ignore_errors=True)
        self.start()
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.stop()
        if not self.keep:
            shutil.rmtree(self.data, ignore_errors=True)

    def start(self):
        """Starts on the data folder as it is; gives the seconds until it is ready."""
        command, ready_path = SERVERS[self.name]
        self.port = self.port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        began = time.monotonic()
        with open(WORK / f"{self.name}.log", "a") as log:
            self.process = subprocess.Popen(self.with_extra(command(self.data, self.port)),
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.wait_ready(self.url + ready_path)
        return time.monotonic() - began

    def with_extra(self, command):
        """With the flags that were asked for, in place of those of the same name."""
        named = {flag.partition("=")[0] for flag in self.extra}
        return [word for word in command if word.partition("=")[0] not in named] + self.extra

    def wait_ready(self, url, seconds=300):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and self.process.poll() is None:
            with contextlib.suppress(urllib.error.URLError, ConnectionError):
                with urllib.request.urlopen(url, timeout=5) as answer:
                    if answer.status == 200:
                        return
            time.sleep(0.02)
        raise SystemExit(f"{url} does not answer; see {WORK}/{self.name}.log")

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=600)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def request(self, path, method="GET", timeout=600):
        request = urllib.request.Request(self.url + path, method=method)
        with urllib.request.urlopen(request, timeout=timeout) as answer:
            return answer.read()

    def cpu_seconds(self):
        stat = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text()
        fields = stat.rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def resident_bytes(self):
        pages = int(pathlib.Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")

    def written_bytes(self):
        """Bytes that have gone to the disk of the data folder, whoever wrote them.

        What the kernel tells of a process counts whole folios of the page cache, many times what
        is written; so nothing else may write meanwhile.
        """
        os.sync()
        device = os.stat(self.data).st_dev
        stat = f"/sys/dev/block/{os.major(device)}:{os.minor(device)}/stat"
        return int(pathlib.Path(stat).read_text().split()[6]) * 512

    def disk_bytes(self):
        """Bytes of everything in the data folder."""
        return bytes_below(self.data)

    def kept_bytes(self):
        """Bytes of what the server keeps for good, once it has settled: no journal."""
        if self.name == "prometheus":
            return bytes_below(self.data / "snapshots")
        return bytes_below(self.data / "rocksdb" if self.name == "tidemark" else self.data)

    def journal_bytes(self):
        """Bytes that a restart would replay; 0 for a server that has no journal."""
        if self.name == "tidemark":
            return int(self.metric("tidemark_journal_unswept_bytes"))
        return bytes_below(self.data / "wal") if self.name == "prometheus" else 0

    def metric(self, name):
        for line in self.request("/metrics").decode().splitlines():
            if line.startswith(name + " "):
                return float(line.split()[1])
        raise SystemExit(f"{self.name} has no metric {name}")

    def settle(self):
        """Has the server merge and write out what it holds, as far as it can be asked to."""
        if self.name == "tidemark":
            self.request("/api/v1/admin/tsdb/flush", method="POST")
        elif self.name == "victoria-metrics":
            self.request("/internal/force_flush")
            self.request("/internal/force_merge")
        else:
            # Writes blocks of what is in memory; hard links of the others.
            self.request("/api/v1/admin/tsdb/snapshot", method="POST")
        self.wait_idle()

    def wait_idle(self, quiet_seconds=3, most_seconds=300):
        """Returns when the server has hardly used the processor for some seconds."""
        deadline = time.monotonic() + most_seconds
        while time.monotonic() < deadline:
            before = self.cpu_seconds()
            time.sleep(quiet_seconds)
            if self.cpu_seconds() - before < 0.05 * quiet_seconds:
                return
