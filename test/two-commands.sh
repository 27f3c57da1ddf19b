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

summary='^store +local +([1-9][0-9,]{4,}) +\1 +0 +0 +–$'
echo '$ npx -y pnpm@12 start --once'
inside npx -y pnpm@12 start --once 2>&1 | tee "$room/start.log" || fail "start --once ended with $?"
grep -Eq "$summary" "$room/start.log" || fail 'the summary of start does not say that the store took all events'

echo '$ npx -y pnpm@12 test'
inside npx -y pnpm@12 test || fail "test ended with $?"

left=$(find "$room/tmp" -mindepth 1 -maxdepth 1)
[ -z "$left" ] || fail "the commands left behind: $left"

changed=$(git -C "$room/tree" status --porcelain)
[ -z "$changed" ] || fail "the commands changed the tree: $changed"
[ "$status" -ne 0 ] || echo 'Both commands work.'
exit "$status"
