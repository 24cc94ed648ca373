# What the verbs share. Sourced by tools/dev with the repository's root as working folder.

readonly cores=$(nproc)

# Off a terminal ninja tells what went wrong, not of every file that compiles.
ninja_options=()
[[ -t 2 ]] || ninja_options=(-- --quiet)

say() { printf '%s\n' "$*" >&2; }

fail() {
  say "tools/dev: $*"
  exit 1
}

# The opening comment of a verb's file: all of it, or only its first line.
help_text() { sed -n '/^#/!q; s/^# \{0,1\}//p' "$1"; }
help_line() { help_text "$1" | head -n 1; }

# Runs "$@" and prints how long it took.
timed() {
  local name=$1 start=$SECONDS status=0
  shift
  "$@" || status=$?
  say "-- $name: $((SECONDS - start)) s"
  return "$status"
}

# build_targets PRESET [TARGET...]: configures when needed and builds; everything without TARGET.
build_targets() {
  local preset=$1
  shift
  if [[ ! -f build/$preset/build.ninja ]]; then
    cmake --preset "$preset" >build-configure.log 2>&1 </dev/null || {
      cat build-configure.log >&2
      rm -f build-configure.log
      return 1
    }
    rm -f build-configure.log
  fi
  local targets=()
  [[ $# -eq 0 ]] || targets=(--target "$@")
  cmake --build "build/$preset" -j "$cores" "${targets[@]}" "${ninja_options[@]}" </dev/null
}

# A TCP port of the loopback interface that is free now.
free_port() {
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# wait_for SECONDS COMMAND...: until the command succeeds.
wait_for() {
  local deadline=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    ((SECONDS < deadline)) || return 1
    sleep 0.1
  done
}
