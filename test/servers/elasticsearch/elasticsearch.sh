#!/usr/bin/env bash
# A real Elasticsearch or OpenSearch node for tests, from Maven Central. Needs bash, Maven and a JDK.
#
#   elasticsearch.sh install [--flavor es8|es9|es7|os2]
#   elasticsearch.sh start   [--flavor F] [--port N] [--data DIR] [--heap 512m] [--owner PID] [--set key=value]... [-v]
#   elasticsearch.sh stop    --port N      ends the node cleanly
#   elasticsearch.sh kill    --port N      SIGKILL, as a power cut for the process
#   elasticsearch.sh status  --port N
#
# install  fetches and compiles what the flavour needs, once; prints its folder.
# start    prints the node's URL once it answers. Default port 9200; 0 takes a free one from 20000-29999.
# --data   keeps the data in DIR; without it the node begins empty at each start.
# --owner  the node ends by itself when the process PID ends.
# --set    a node setting, for instance thread_pool.write.queue_size=1.
# -v       log level info instead of warn (in run/PORT/log below the cache).
# Java: the first of $ES_JAVA_HOME, $JAVA_HOME, the java on PATH and its neighbours that suits the flavour;
# $ES_JAVA_OPTS is added to its options. Maven: $MVN or mvn.
# Cache: $SEARCH_SERVERS_CACHE, or search-servers in $XDG_CACHE_HOME or ~/.cache.
# Exit codes: 0 done, 1 failed, 2 wrong usage, 3 not running (status), 4 no suitable JDK, no Maven, or the download failed.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${SEARCH_SERVERS_CACHE:-${XDG_CACHE_HOME:-${HOME:-${TMPDIR:-/tmp}}/.cache}/search-servers}

say() { echo "elasticsearch.sh: $*" >&2; }
usage() { sed -n '2,/^set -/s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" | sed '$d' >&2; exit 2; }

cmd=${1:-}; [ $# -gt 0 ] && shift
flavor=${SEARCH_SERVER_FLAVOR:-es8} port=9200 data='' heap=512m owner=0 level=warn sets=()
while [ $# -gt 0 ]; do
  case $1 in
    --flavor | --port | --data | --heap | --owner | --set) [ $# -ge 2 ] || { say "$1 needs a value"; exit 2; } ;;
  esac
  case $1 in
    --flavor) flavor=$2; shift 2 ;;
    --port) port=$2; shift 2 ;;
    --data) data=$2; shift 2 ;;
    --heap) heap=$2; shift 2 ;;
    --owner) owner=$2; shift 2 ;;
    --set) sets+=("$2"); shift 2 ;;
    -v) level=info; shift ;;
    *) say "unknown argument: $1"; exit 2 ;;
  esac
done

case $flavor in # main source, oldest Java, newest Java
  es7) main=es7 java_min=17 java_max=21 ;;
  es8) main=es java_min=17 java_max=99 ;;
  es9) main=es java_min=21 java_max=99 ;;
  os2) main=os2 java_min=17 java_max=99 ;;
  *) say "no such flavour: $flavor (es8, es9, es7, os2)"; exit 2 ;;
esac

# --- installing ---------------------------------------------------------------------------------

java_major() { "$1/bin/java" -version 2>&1 | sed -n 's/.*version "\(1\.\)\{0,1\}\([0-9]*\).*/\2/p' | head -1; }

pick_java() { # leaves the JDK's folder in $java and its version in $major
  local homes=("${ES_JAVA_HOME:-}" "${JAVA_HOME:-}") on_path home
  if on_path=$(command -v java); then
    on_path=$(readlink -f "$on_path"); on_path=${on_path%/bin/java}
    homes+=("$on_path" "${on_path%/*}"/*/)
  fi
  for home in "${homes[@]}"; do
    home=${home%/}
    [ -n "$home" ] && [ -x "$home/bin/javac" ] || continue
    major=$(java_major "$home"); [ -n "$major" ] || continue
    if [ "$major" -ge "$java_min" ] && [ "$major" -le "$java_max" ]; then java=$home; return; fi
  done
  say "$flavor needs a JDK (with javac) from $java_min on; install one or set ES_JAVA_HOME"
  return 4
}

sources() { echo "$here/pom.xml" "$here/java/kit/Launch.java" "$here/java/$main/Main.java"; }

netty_module() { # a module's classes must come from its own folder; without modulename it loads outside the Java module system
  local module=$1/modules/transport-netty4
  mkdir -p "$module"
  mv "$1"/lib/netty-*.jar "$1"/lib/transport-netty4-*.jar "$module"
  (cd "$module" && "$java/bin/jar" xf transport-netty4-*.jar META-INF/es-plugins &&
    grep -v '^modulename' META-INF/es-plugins/transport-netty4/plugin-descriptor.properties >plugin-descriptor.properties &&
    rm -rf META-INF)
}

system_zstd() { # codec best_compression wants the libzstd that the distribution ships; a system's own does as well
  (PATH=$PATH:/sbin:/usr/sbin; ldconfig -p) 2>/dev/null | sed -n 's/.*libzstd\.so\.1 .*=> //p' | head -1 || true
}

build_into() { # $1: an empty folder, $2: the log
  mkdir -p "$1/lib" "$1/classes" "$1/native"
  "${MVN:-mvn}" -B -f "$here/pom.xml" -P "$flavor" dependency:copy-dependencies \
    -DincludeScope=runtime -DoutputDirectory="$1/lib" >"$2" 2>&1 || return 1
  "$java/bin/javac" -nowarn -proc:none -cp "$1/lib/*" -d "$1/classes" "$here"/java/{kit/Launch,"$main"/Main}.java >>"$2" 2>&1 || return 1
  [ "$main" = es ] || return 0
  netty_module "$1" >>"$2" 2>&1 || return 1
  local zstd; zstd=$(system_zstd)
  [ -z "$zstd" ] || ln -s "$zstd" "$1/native/libzstd.so"
}

install_locked() {
  [ -d "$dist" ] && return 0
  local part=$dist.part.$$ log=$dist.$$.log
  say "installing $flavor into $dist"
  if ! build_into "$part" "$log"; then
    say "could not install $flavor; the end of $log:"; tail -20 "$log" >&2
    rm -rf "$part"
    return 4
  fi
  rm -f "$log"
  if [ -d "$dist" ]; then rm -rf "$part"; else mv "$part" "$dist"; fi
}

install_flavor() { # leaves the folder in $dist
  dist=$cache/$flavor-$(cat $(sources) "${BASH_SOURCE[0]}" | cksum | tr ' ' -)
  [ -d "$dist" ] && return 0
  command -v "${MVN:-mvn}" >/dev/null || { say "$flavor needs Maven (mvn) for its first start; install it or set MVN"; return 4; }
  mkdir -p "$cache"
  # Maven does not promise that two of it may fill one local repository; the brackets keep the lock out of the node's hands.
  ( if command -v flock >/dev/null; then flock 9; fi; install_locked ) 9>"$cache/install.lock"
}

# --- running ------------------------------------------------------------------------------------

arguments_of() { if [ -r "/proc/$1/cmdline" ]; then tr '\0' ' ' <"/proc/$1/cmdline"; else ps -p "$1" -o args=; fi 2>/dev/null; }

running() { # $1: a state folder; leaves the pid in $pid when it is a node of ours
  pid=$(cat "$1/pid" 2>/dev/null) || return 1
  [ -n "$pid" ] && kill -0 "$pid" 2>/dev/null && arguments_of "$pid" | grep -qF -- "$1/home"
}

port_taken() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

sweep() { # leftovers of nodes that died; a young folder may belong to a start that has no pid yet
  local old
  find "$cache/run" -mindepth 1 -maxdepth 1 -mmin +10 2>/dev/null | while read -r old; do running "$old" || rm -rf "$old"; done
}

reserve() { # mkdir is atomic: of two starts only one gets the port
  state=$cache/run/$port
  mkdir "$state" 2>/dev/null
}

reserve_free_port() { # below the ephemeral range, so no client's socket sits on the port while a node restarts
  local tries
  for ((tries = 0; tries < 500; tries++)); do
    port=$((20000 + RANDOM % 10000))
    reserve || continue
    port_taken "$port" || return 0
    rmdir "$state"
  done
  say "no free port between 20000 and 29999"; return 1
}

reserve_given_port() { # 0: reserved, 3: a node of ours runs there already
  if ! reserve; then
    running "$state" && return 3
    rm -rf "$state"
    reserve || { say "another start is using port $port"; return 1; }
  fi
  if port_taken "$port"; then rmdir "$state"; say "port $port is taken by something else"; return 1; fi
}

write_log_config() {
  cat >"$state/home/config/log4j2.properties" <<CONF
status = error
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = [%d{ISO8601}][%-5p][%c{1.}] %m%n
rootLogger.level = $level
rootLogger.appenderRef.console.ref = console
CONF
}

launch() { # leaves the pid in $pid
  mkdir -p "$state"/home/{config,plugins,logs,tmp}
  write_log_config
  local settings=(
    node.name=kit cluster.name=kit discovery.type=single-node network.host=127.0.0.1 "http.port=$port" transport.port=0
    "path.data=${data:-$state/home/data}" "path.logs=$state/home/logs"
    cluster.routing.allocation.disk.threshold_enabled=false action.destructive_requires_name=false)
  # C1 only: a test's node boots faster and never lives long enough to earn back the optimising compiler.
  local jvm=("-Xms$heap" "-Xmx$heap" "-Djava.io.tmpdir=$state/home/tmp" -Dfile.encoding=UTF-8 -Djava.awt.headless=true
    -Dlog4j2.formatMsgNoLookups=true -Dlog4j2.disable.jmx=true -XX:+UseSerialGC -XX:TieredStopAtLevel=1)
  if [ "$main" = es ]; then
    ln -s "$dist/modules" "$state/home/modules"
    jvm+=("-Des.nativelibs.path=$dist/native" "-Djna.library.path=$dist/native"
      -Dorg.elasticsearch.nativeaccess.enableVectorLibrary=false)
    [ "$major" -ge 24 ] || jvm+=(-Djava.security.manager=allow) # gone from Java 24 on
  fi
  [ "$major" -lt 20 ] || jvm+=(--enable-native-access=ALL-UNNAMED)
  local extra; read -ra extra <<<"${ES_JAVA_OPTS:-}"
  jvm+=("${extra[@]+"${extra[@]}"}")
  echo "$flavor" >"$state/flavor"
  nohup "$java/bin/java" "${jvm[@]}" -cp "$dist/classes:$dist/lib/*" Main "$state/home" "$state/url" "$owner" \
    "${settings[@]}" "${sets[@]+"${sets[@]}"}" >"$state/log" 2>&1 </dev/null &
  pid=$!
  echo "$pid" >"$state/pid"
}

wait_for_url() { # up to 180 s; 0 once the node answers
  local i
  for ((i = 0; i < 900; i++)); do
    [ -f "$state/url" ] && { cat "$state/url"; return 0; }
    kill -0 "$pid" 2>/dev/null || return 1
    sleep 0.2
  done
  return 1
}

start() {
  pick_java
  install_flavor
  mkdir -p "$cache/run"
  sweep
  [ -z "$data" ] || { mkdir -p "$data"; data=$(cd "$data" && pwd); }
  if [ "$port" = 0 ]; then
    reserve_free_port
  else
    local reserved=0; reserve_given_port || reserved=$?
    if [ "$reserved" = 3 ]; then say "already running (pid $pid)"; cat "$state/url"; return; fi
    [ "$reserved" = 0 ] || return "$reserved"
  fi
  launch
  wait_for_url && return
  say "$flavor did not start; the end of its log:"; tail -30 "$state/log" >&2
  end KILL
  return 1
}

end() { # $1: the signal; waits for the process and forgets it
  kill -s "$1" "$pid" 2>/dev/null || true
  local i
  for ((i = 0; i < 150; i++)); do kill -0 "$pid" 2>/dev/null || break; sleep 0.1; done
  kill -s KILL "$pid" 2>/dev/null || true
  rm -rf "$state"
}

end_running() {
  state=$cache/run/$port
  running "$state" || { say "no node of ours on port $port"; return 0; }
  end "$1"
}

status() {
  state=$cache/run/$port
  if running "$state" && [ -f "$state/url" ]; then echo "$(cat "$state/flavor") $(cat "$state/url") pid $pid"; return; fi
  echo "not running"; return 3
}

case $cmd in
  install) pick_java; install_flavor; echo "$dist" ;;
  start) start ;;
  stop) end_running TERM ;;
  kill) end_running KILL ;;
  status) status ;;
  *) usage ;;
esac
