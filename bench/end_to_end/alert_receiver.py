"""An Alertmanager that only notes when it was told of which alert."""

import http.server
import json
import threading
import time


class AlertReceiver:
    """`seen`: by (alertname, cluster), the wall time at which the first request with it was read."""

    def __init__(self):
        self.seen = {}
        self.changed = threading.Condition()
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.note(time.time(), body)
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.address = f"127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def note(self, when, body):
        with self.changed:
            for alert in json.loads(body):
                labels = alert["labels"]
                self.seen.setdefault((labels["alertname"], labels.get("cluster")), when)
            self.changed.notify_all()

    def wait(self, key, seconds):
        """When the alert was told of; None if it was not in time."""
        with self.changed:
            self.changed.wait_for(lambda: key in self.seen, timeout=seconds)
            return self.seen.get(key)
