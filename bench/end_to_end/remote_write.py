"""Remote-write requests from Python, for the few series that a measurement sends itself.

Snappy's format allows a body of literals alone, so nothing needs to be compressed.
"""

import http.client
import struct


def varint(value):
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def field(number, body):
    return varint(number << 3 | 2) + varint(len(body)) + body


def time_series(labels, t_ms, value):
    """One series with one sample; `labels` is a dict."""
    body = b"".join(field(1, field(1, name.encode()) + field(2, text.encode()))
                    for name, text in sorted(labels.items()))
    sample = b"\x09" + struct.pack("<d", value) + b"\x10" + varint(t_ms)
    return field(1, body + field(2, sample))


def snappy_literals(body):
    out = bytearray(varint(len(body)))
    for begin in range(0, len(body), 60):
        chunk = body[begin:begin + 60]
        out.append(len(chunk) - 1 << 2)
        out += chunk
    return bytes(out)


class Writer:
    """Writes to one server over a connection that stays open."""

    def __init__(self, server, path="/api/v1/write"):
        self.path = path
        self.connection = http.client.HTTPConnection(server.url.removeprefix("http://"),
                                                     timeout=60)

    def write(self, series):
        """`series`: time_series() of each. Raises unless all of it was taken."""
        self.connection.request("POST", self.path, snappy_literals(b"".join(series)),
                                {"Content-Type": "application/x-protobuf",
                                 "Content-Encoding": "snappy",
                                 "X-Prometheus-Remote-Write-Version": "0.1.0"})
        answer = self.connection.getresponse()
        text = answer.read()
        if answer.status // 100 != 2:
            raise SystemExit(f"write refused: {answer.status} {text[:300]!r}")
