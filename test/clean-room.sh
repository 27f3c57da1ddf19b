#!/usr/bin/env bash
# A machine with nothing on it but Node with npm, git, a JDK, Maven, Go, Python, Debian's package tools and the usual small tools.
#
#   clean-room.sh make DIR          clones the last commit into DIR/tree and makes an empty HOME and a short PATH beside it
#   clean-room.sh in DIR COMMAND…   runs COMMAND in DIR/tree with them
#   clean-room.sh remove DIR
#
# What says where packages come from (registry, proxy, certificates) is let in: from the environment, ~/.npmrc,
# ~/.m2/settings.xml, ~/.config/pip/pip.conf and ~/.config/go/env. Caches are not, except SEARCH_SERVERS_CACHE and TEST_SERVERS_CACHE when
# they are set.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

tools=(node npm npx git java javac mvn go apt-get dpkg dpkg-deb sh bash env
  awk basename cat chmod cksum cmp cp cut date dd dirname du echo egrep expr false find flock grep gzip head id kill ln ls mkdir
  mkfifo mktemp mv nice nohup od ps pwd readlink realpath rm rmdir script sed seq setsid sleep sort stat stty tail tar tee test timeout
  touch tr true tty uname uniq wc which xargs
  mount nsenter prlimit setpriv umount unshare)

link_tools() { # a PATH that ends where a workspace's own tools begin: its Node is not the machine's
  local bin=$1 outer name found
  outer=$(printf '%s' "$PATH" | tr ':' '\n' | grep -v 'node_modules' | tr '\n' ':')
  for name in "${tools[@]}"; do
    if found=$(PATH=$outer type -P "$name"); then ln -s "$found" "$bin/$name"; fi
  done
  link_python "$bin" "$outer"
  for name in node npm npx git java mvn go python3 apt-get dpkg-deb; do
    [ -e "$bin/$name" ] || { echo "clean-room.sh: this machine has no $name" >&2; return 1; }
  done
}

link_python() { # the interpreter itself: what stands first on PATH may be a script that needs the whole of it
  local python
  if python=$(PATH=$2 python3 -c 'import sys; print(sys.executable)'); then ln -s "$python" "$1/python3"; fi
}

link_settings() { # never copied: they may hold credentials
  local home=$1
  if [ -f ~/.npmrc ]; then ln -s ~/.npmrc "$home/.npmrc"; fi
  if [ -f ~/.m2/settings.xml ]; then mkdir "$home/.m2" && ln -s ~/.m2/settings.xml "$home/.m2/settings.xml"; fi
  mkdir -p "$home"/.config/{pip,go}
  if [ -f ~/.config/pip/pip.conf ]; then ln -s ~/.config/pip/pip.conf "$home/.config/pip/pip.conf"; fi
  if [ -f ~/.config/go/env ]; then ln -s ~/.config/go/env "$home/.config/go/env"; fi
}

make() {
  local room=$1
  mkdir -p "$room"/{bin,home,tmp}
  chmod 755 "$room" "$room/tmp" # as /tmp is: tests drop their rights
  link_tools "$room/bin"
  link_settings "$room/home"
  [ -z "$(git -C "$root" status --porcelain)" ] || echo 'clean-room.sh: changes that are not committed stay outside' >&2
  git clone -q "$root" "$room/tree"
}

let_in() { # the names of the variables that go into the room
  local name
  for name in $(compgen -e); do
    case ${name,,} in
      *_cache | *_prefix | *_store_dir | *_user_agent | *_init_module | *_node_gyp | *_verify_deps_before_run)
        case $name in SEARCH_SERVERS_CACHE | TEST_SERVERS_CACHE) echo "$name" ;; esac ;;
      pip_* | goproxy | gosumdb | gonosumdb | gonoproxy | goprivate | goinsecure | npm_config_* | pnpm_config_* | *_proxy | node_extra_ca_certs | ssl_cert_file | ssl_cert_dir | maven_args | java_home | es_java_home | ci | test_report)
        echo "$name" ;;
    esac
  done
}

inside() {
  local room name variables=()
  room=$(cd "$1" && pwd); shift
  for name in $(let_in); do variables+=("$name=${!name}"); done
  # Java takes the home folder from the password file, not from HOME.
  cd "$room/tree" && exec env -i HOME="$room/home" PATH="$room/bin" TMPDIR="$room/tmp" LANG=C.UTF-8 \
    MAVEN_OPTS="${MAVEN_OPTS:-} -Duser.home=$room/home" "${variables[@]}" "$@" </dev/null
}

remove() { chmod -R u+w "$1" 2>/dev/null || true; rm -rf "$1"; }

verb=${1:-}; [ $# -gt 0 ] && shift
case $verb in
  make) make "$1" ;;
  in) inside "$@" ;;
  remove) remove "$1" ;;
  *) sed -n '2,/^set -/s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" | sed '$d'; exit 2 ;;
esac
