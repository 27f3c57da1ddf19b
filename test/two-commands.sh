#!/usr/bin/env bash
# The README's two commands on a bare machine: a clone of the last commit, an empty HOME, a PATH of Node with npm,
# git, JDK, Maven, Go, Python and Debian's package tools.
#
#   two-commands.sh [DIR]    DIR keeps the clean room for more checks; without it the room is removed
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
room=${1:-}
if [ -z "$room" ]; then
  room=$(mktemp -d "${TMPDIR:-/tmp}/tailrace-XXXXXX")
  trap '"$here/clean-room.sh" remove "$room"' EXIT
fi

inside() { "$here/clean-room.sh" in "$room" "$@"; }
status=0
fail() { echo "two-commands.sh: $*" >&2; status=1; }

"$here/clean-room.sh" make "$room"
echo "Node $(inside node --version), npm $(inside npm --version), HOME $(inside sh -c 'echo $HOME')"

summary='^store +local +([1-9][0-9,]{2,}) +\1 +0 +0 +–$'
echo '$ npx -y pnpm@12 start --once'
inside npx -y pnpm@12 start --once 2>&1 | tee "$room/start.log" || fail "start --once ended with $?"
grep -Eq "$summary" "$room/start.log" || fail 'the summary of start --once does not say that the store took all events'

# As a person has it: no CI, and Ctrl-C, which goes to the whole process group.
echo '$ npx -y pnpm@12 start'
env -u CI setsid "$here/clean-room.sh" in "$room" npx -y pnpm@12 start >"$room/live.log" 2>&1 &
live=$!
for _ in $(seq 600); do
  grep -q 'Ctrl-C ends it' "$room/live.log" || ! kill -0 "$live" 2>/dev/null || { sleep 0.2; continue; }
  break
done
url=$(sed -n 's/.*See it *//p' "$room/live.log")
inside node -e '
  const [url] = process.argv.slice(1);
  const now = Date.now();
  const panel = `api/v1/dashboards/mirrord-usage/panels/sessions?from=${now - 2 * 3600e3}&to=${now}`;
  (async () => {
    const page = await fetch(url);
    if (!/^text\/html/.test(page.headers.get("content-type"))) throw new Error("no page at " + url);
    const answer = await (await fetch(new URL(panel, url))).json();
    const sessions = answer.tables[0].rows[0].columns[0];
    if (!(sessions > 100)) throw new Error("the page shows " + sessions + " sessions of two hours");
    console.log(`${url} shows ${sessions} sessions`);
  })();
' "$url" || fail 'the page of start does not show numbers'
kill -INT -- "-$live" || fail 'start has ended on its own'
code=0
wait "$live" || code=$?
cat "$room/live.log"
case $code in 0 | 130) ;; *) fail "start ended with $code on Ctrl-C" ;; esac
# Not many, where it ends at once: the two hours are there from before.
summary='^store +local +([1-9][0-9,]*) +\1 +0 +0 +–$'
grep -Eq "$summary" "$room/live.log" || fail 'start does not end with a summary that says that the store took all events'

echo '$ npx -y pnpm@12 test'
inside npx -y pnpm@12 test || fail "test ended with $?"

left=$(find "$room/tmp" -mindepth 1 -maxdepth 1)
[ -z "$left" ] || fail "the commands left behind: $left"

changed=$(git -C "$room/tree" status --porcelain)
[ -z "$changed" ] || fail "the commands changed the tree: $changed"
[ "$status" -ne 0 ] || echo 'Both commands work.'
exit "$status"
