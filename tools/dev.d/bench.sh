# measures: tools/dev bench [micro [FILTER] | ingest [options] | peers [options]]
#
#   micro   the Google Benchmarks, those whose names match FILTER (all)
#   ingest  recorded requests of a simulated fleet through the real binary (the default)
#   peers   the same requests to Tidemark, Prometheus and VictoriaMetrics
#
# Options of ingest and peers: --series N (100000), --scrapes K (12), --connections C (4).
# The table is also kept as build/bench/ingest.json.

source tools/dev.d/setup.sh

bench_micro() {
  build_targets release benchmarks >&2
  local binary
  while read -r binary; do
    "$binary" --benchmark_filter="${1:-.}"
  done < <(find build/release/bench -name '*_bench' -type f -perm -u+x | sort)
}

bench_ingest() {
  build_targets release tidemark fleetsim >&2
  python3 bench/end_to_end/ingest.py "$@"
}

dev_bench() {
  local what=${1:-ingest}
  [[ $# -eq 0 ]] || shift
  dev_setup $([[ $what != peers ]] || echo tools/packages-bench.txt)
  case $what in
    micro) bench_micro "$@" ;;
    ingest) bench_ingest "$@" ;;
    peers) bench_ingest --peers "$@" ;;
    *) fail "nothing to measure is called '$what'; see tools/dev bench --help" ;;
  esac
}
