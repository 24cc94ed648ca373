# installs the missing Debian packages of tools/packages.txt
#
# Needs root only when something is missing. No service of an installed package is started.
# Further lists may be named: tools/dev setup tools/packages-bench.txt

wanted_packages() { sed 's/#.*//' "$@" | tr -s ' \t' '\n' | grep . | sort -u; }

# Those of the names on standard input that are not installed.
missing_packages() {
  comm -23 - <(dpkg-query -W -f '${db:Status-Status} ${Package}\n' | sed -n 's/^installed //p' |
    sort -u)
}

# Debian starts the services of what it installs unless this file says no. One that is there
# already is set aside and put back.
readonly service_policy=/usr/sbin/policy-rc.d

forbid_service_starts() {
  [[ ! -e $service_policy ]] || mv "$service_policy" "$service_policy.before-tidemark"
  printf '#!/bin/sh\nexit 101\n' >"$service_policy"
  chmod 755 "$service_policy"
}

restore_service_starts() {
  rm -f "$service_policy"
  [[ ! -e $service_policy.before-tidemark ]] ||
    mv "$service_policy.before-tidemark" "$service_policy"
}

install_packages() (
  trap restore_service_starts EXIT
  forbid_service_starts
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -q </dev/null
  apt-get install -q -y --no-install-recommends -o DPkg::Lock::Timeout=300 "$@" </dev/null
)

dev_setup() {
  local missing
  mapfile -t missing < <(wanted_packages tools/packages.txt "$@" | missing_packages)
  [[ ${#missing[@]} -gt 0 ]] || return 0
  command -v apt-get >/dev/null || fail "setup knows only Debian 12; install by hand: ${missing[*]}"
  [[ $(id -u) -eq 0 ]] || fail "missing: ${missing[*]}; run 'sudo tools/dev setup' once"
  say "installing ${missing[*]}"
  install_packages "${missing[@]}" >&2
}
