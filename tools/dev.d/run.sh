# builds the release and serves: tools/dev run [DATA_FOLDER] [flags of `tidemark serve`]
#
# Without DATA_FOLDER it begins with an empty one, build/run-data. Ctrl-C ends it.

source tools/dev.d/setup.sh

dev_run() {
  local data=build/run-data
  if [[ $# -gt 0 && $1 != -* ]]; then
    data=$1
    shift
  else
    rm -rf "$data"
  fi
  dev_setup
  build_targets release tidemark >&2
  say "write to   http://127.0.0.1:9201/api/v1/write"
  say "query at   http://127.0.0.1:9201/api/v1/query"
  say "metrics    http://127.0.0.1:9201/metrics"
  exec build/release/server/tidemark serve --config.file=deploy/tidemark.yml \
    --storage.path="$data" --web.listen-address=127.0.0.1:9201 "$@"
}
