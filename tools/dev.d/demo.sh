# shows it at work: a simulated fleet, a Prometheus that scrapes it, and Tidemark it writes to
#
# tools/dev demo [flags of `fleetsim serve`]. Everything listens on free loopback ports and keeps
# its data in build/demo, which begins empty. Ctrl-C ends all three.

source tools/dev.d/setup.sh

demo_pids=()

# The last one first: Prometheus hands over what it still has before Tidemark goes.
end_demo() {
  trap - EXIT INT TERM
  local i
  for ((i = ${#demo_pids[@]} - 1; i >= 0; i--)); do
    kill "${demo_pids[i]}" 2>/dev/null || true
    wait "${demo_pids[i]}" 2>/dev/null || true
  done
}

# start_demo NAME COMMAND...: in the background, with its output in build/demo/NAME.log.
start_demo() {
  local name=$1
  shift
  "$@" </dev/null >"build/demo/$name.log" 2>&1 &
  demo_pids+=($!)
}

ready() { wait_for 30 curl -sf "$1" || fail "no answer at $1; see build/demo/*.log"; }

dev_demo() {
  dev_setup
  build_targets release tidemark fleetsim >&2
  rm -rf build/demo
  mkdir -p build/demo
  trap end_demo EXIT
  trap 'exit 0' INT TERM

  local tidemark fleet prometheus
  tidemark=127.0.0.1:$(free_port)
  fleet=127.0.0.1:$(free_port)
  prometheus=127.0.0.1:$(free_port)
  start_demo tidemark build/release/server/tidemark serve --config.file=deploy/tidemark.yml \
    --storage.path=build/demo/data --web.listen-address="$tidemark"
  ready "http://$tidemark/-/ready"
  start_demo fleetsim build/release/tools/fleetsim/fleetsim serve --web.listen-address="$fleet" \
    --scrape-interval=5s --remote-write-url="http://$tidemark/api/v1/write" "$@"
  ready "http://$fleet/prometheus.yml"
  curl -sf "http://$fleet/prometheus.yml" >build/demo/prometheus.yml
  start_demo prometheus prometheus --config.file=build/demo/prometheus.yml \
    --storage.tsdb.path=build/demo/prometheus --web.listen-address="$prometheus"
  ready "http://$prometheus/-/ready"

  cat <<END
Tidemark      http://$tidemark     logs: build/demo/tidemark.log
Prometheus    http://$prometheus     what it scrapes: http://$prometheus/targets
fleet         http://$fleet     its pages: http://$fleet/targets

Backup lag of every task, in seconds (first samples come after some seconds):

  curl -s http://$tidemark/api/v1/query --data-urlencode \\
    'query=time() - max by (cluster, task) (tidb_log_backup_last_checkpoint) / 262144000'

Ctrl-C ends all three.
END
  wait -n "${demo_pids[@]}" || true
  fail "one of the three ended; see build/demo/*.log"
}
