"""The queries that query.py asks: alerts of log backup, panels of its dashboard, and others."""

import urllib.parse

LAG = "max(time() - tidb_log_backup_last_checkpoint / 262144000) by (task)"
RUNS = ("max(tidb_log_backup_last_checkpoint) by (task) > 0 "
        "and max(tikv_log_backup_task_status) by (task)")

# The recommended alerts of log backup.
ALERTS = {
    "alert rpo 10m": f"{LAG} / 60 > 10 and {RUNS} == 0",
    "alert rpo 30m": f"{LAG} / 60 > 30 and {RUNS} == 0",
    "alert pause 2h": f"{LAG} / 3600 > 2 and {RUNS} == 1",
    "alert pause 12h": f"{LAG} / 3600 > 12 and {RUNS} == 1",
    "alert failed": "max(tikv_log_backup_task_status) by (task) == 2 "
                    "and max(tidb_log_backup_last_checkpoint) by (task) > 0",
    "alert gc": "min(tidb_log_backup_last_checkpoint) by (instance) "
                "- max(tikv_gcworker_autogc_safe_point) by (instance) < 0",
}

# Panels of the Backup Log dashboard, for the whole fleet.
PANELS = {
    "panel lag": '(time() * 1000 - max((tidb_log_backup_last_checkpoint{instance=~".+"})) by (task) '
                 "/ 262144 > 0)",
    "panel cpu": 'sum(rate(tikv_thread_cpu_seconds_total{instance=~".+",'
                 'name=~"backup_stream|log-backup-scan(-[0-9]+)?"}[1m])) by (instance)',
    "panel events": 'sum(rate(tikv_log_backup_handle_kv_batch_sum{instance=~".+"}[1m])) by (instance)',
    "panel flush times": "sum(delta(tikv_log_backup_flush_duration_sec_count{"
                         'instance=~".+",stage=~"save_files"}[30m])) by (instance)',
    "panel flush duration": "sum(increase(tikv_log_backup_flush_duration_sec_bucket{"
                            'instance=~".+",stage=~"save_files"}[1m])) by (le)',
    "panel messages p90": "histogram_quantile(0.9,(sum(rate("
                          "tikv_log_backup_internal_actor_acting_duration_sec_bucket{"
                          'instance=~".+"}[1m])) by (message, le)))',
    "fleet checkpoint": "max by (cluster, task) (tidb_log_backup_last_checkpoint)",
}

OTHERS = {
    "topk": "topk(10, rate(tikv_log_backup_handle_kv_batch_sum[5m]))",
}


class Request:
    """One question to a server. With a step its ends can move."""

    def __init__(self, endpoint, parameters, moves=False):
        self.endpoint, self.parameters, self.moves = endpoint, parameters, moves

    def path(self, moved=0, **extra):
        """With its ends moved by some steps."""
        parameters = self.parameters | extra
        if self.moves:
            for name in ("start", "end"):
                parameters[name] += moved * self.parameters["step"]
        return f"/api/v1/{self.endpoint}?{urllib.parse.urlencode(parameters)}"


def requests(end, seconds, step):
    """The request by the name of each query, over the `seconds` before `end`."""
    span = {"start": end - seconds, "end": end}
    asked = {name: Request("query", {"query": q, "time": end})
             for name, q in (ALERTS | OTHERS).items()}
    asked |= {name: Request("query_range", {"query": q, "step": step} | span, moves=True)
              for name, q in PANELS.items()}
    asked["label values"] = Request("label/instance/values",
                                    span | {"match[]": "tikv_log_backup_task_status"})
    return asked
