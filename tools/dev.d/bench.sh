# measures: tools/dev bench [WHAT] [options]
#
#   micro [FILTER]  the Google Benchmarks, those whose names match FILTER (all)
#   ingest  recorded requests of a simulated fleet through the real binary (the default)
#   peers   a table of figures: Tidemark, Prometheus, VictoriaMetrics, over the same requests
#   growth  cost by number of series, by days kept and by weeks of churn, as plots
#   alerts  how fast alerts are told of under load, what rules cost; Prometheus beside it
#   query   alerts and dashboard panels over six hours of log-backup series, in all three servers
#   report  docs/performance.md and the table of README.md from what peers and growth measured
#   detection  who notices what in the simulator's scenarios, Prometheus with the recommended rules or
#           Tidemark; writes the table of docs/detection.md, fails if Tidemark is wrong, or a live
#           server later than a second
#   fleet   what a server needs for a fleet that writes in real time: docs/performance-fleet.md
#
# Options of ingest: --series N (100000), --scrapes K (12), --connections C (4), --rounds R (1),
# --peers. Of query: --span 6h|week, --part load|ask|table|writes, --rounds R (7), --only TEXT,
# --servers NAME..., --series N, --scrapes K.
# Of detection: --keep-prometheus, --only-live (ten minutes). Of fleet: --clusters N (1000), --settle and
# --seconds (60, 180).
# Of peers: --rounds R (3), --only PART..., --servers NAME..., --quick (a tenth of the series, not
# for the documents). Of growth: --rounds R (1), --only PART..., --more N... (further numbers of
# series), --live N (100000 living series of churn), --quick. Of both: --resume goes on where a run
# ended, --minutes M begins no measurement after so long. Both keep their figures in
# docs/performance and write the documents; the servers' logs are in build/bench.

source tools/dev.d/setup.sh

bench_micro() {
  build_targets release benchmarks >&2
  local binary
  while read -r binary; do
    "$binary" --benchmark_filter="${1:-.}"
  done < <(find build/release/bench -name '*_bench' -type f -perm -u+x | sort)
}

bench_end_to_end() {
  build_targets release tidemark fleetsim storage_churn_bench storage_store_bench >&2
  python3 "bench/end_to_end/$1.py" "${@:2}"
}

dev_bench() {
  local what=${1:-ingest}
  [[ $# -eq 0 ]] || shift
  local packages=()
  [[ "$what $*" != *peers* && $what != growth && $what != query && $what != detection ]] || packages=(tools/packages-bench.txt)
  dev_setup "${packages[@]}"
  case $what in
    micro) bench_micro "$@" ;;
    ingest) bench_end_to_end ingest "$@" ;;
    peers) bench_end_to_end peers "$@" ;;
    growth) bench_end_to_end growth "$@" ;;
    query) bench_end_to_end query "$@" ;;
    alerts) bench_end_to_end alerts "$@" ;;
    report) python3 bench/end_to_end/report.py ;;
    detection)
      build_targets release fleet_scenario_test rule_scenario_test finding_times >&2
      bench_end_to_end detection "$@"
      ;;
    fleet) bench_end_to_end fleet "$@" ;;
    *) fail "nothing to measure is called '$what'; see tools/dev bench --help" ;;
  esac
}
