"""Recorded remote-write requests of a simulated fleet, and their replay."""

import json
import subprocess
import time

from servers import RELEASE, WORK

FLEETSIM = RELEASE / "tools" / "fleetsim" / "fleetsim"


class Recording:
    """A file of requests, `scrapes` of about `series` series; the last is `ago` seconds old."""

    def __init__(self, series, scrapes, connections=4, interval_seconds=15, path=None, ago=15):
        self.series = series
        self.scrapes = scrapes
        begin = time.time() - ago - scrapes * interval_seconds
        self.path = path or WORK / f"fleet-{series}x{scrapes}-{int(begin)}.rec"
        WORK.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(
            [str(FLEETSIM), "record", f"--series={series}", f"--scrapes={scrapes}",
             f"--connections={connections}", f"--interval={round(interval_seconds * 1000)}ms",
             f"--start={int(begin * 1000)}", f"--out={self.path}"],
            check=True, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        self.samples = json.loads(done.stdout.splitlines()[-1])["samples"]

    @classmethod
    def existing(cls, series, scrapes, path):
        """One that was recorded before."""
        recording = cls.__new__(cls)
        recording.series, recording.scrapes, recording.path = series, scrapes, path
        return recording

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.path.unlink()

    def replay(self, server, rate=0):
        """Sends all of it, at most `rate` samples a second if given; gives what fleetsim tells."""
        done = subprocess.run(
            [str(FLEETSIM), "replay", f"--in={self.path}", f"--url={server.url}/api/v1/write",
             f"--rate={rate}"],
            stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if done.returncode != 0:
            raise SystemExit(f"replay to {server.name} failed: {done.stderr[-500:]}")
        return json.loads(done.stdout.splitlines()[-1])
