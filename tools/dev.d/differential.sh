# compares PromQL answers with a real Prometheus: tools/dev differential [options]
#
# Random expressions over random series are asked of Tidemark and of the reference server.
#   --prometheus PATH   the reference server (/usr/bin/prometheus), 2.42 or newer
#   --expressions N     how many (5000)
#   --seed S            of series and expressions (1); a failure prints the one it had
#   --preset P          the build to test (release)

source tools/dev.d/setup.sh

dev_differential() {
  local preset=release
  while [[ $# -gt 0 ]]; do
    [[ $# -ge 2 ]] || fail "$1 needs a value"
    case $1 in
      --prometheus) export PROMETHEUS_BINARY=$2 ;;
      --expressions) export TIDEMARK_DIFFERENTIAL_EXPRESSIONS=$2 ;;
      --seed) export TIDEMARK_DIFFERENTIAL_SEED=$2 ;;
      --preset) preset=$2 ;;
      *) fail "unknown option '$1'; see tools/dev differential --help" ;;
    esac
    shift 2
  done
  dev_setup
  build_targets "$preset" promql_differential_test
  export PROMETHEUS_BINARY=${PROMETHEUS_BINARY:-/usr/bin/prometheus}
  TIDEMARK_BINARY=$root/build/$preset/server/tidemark \
    "build/$preset/tests/differential/promql/promql_differential_test"
}
