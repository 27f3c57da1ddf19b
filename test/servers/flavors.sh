#!/usr/bin/env bash
# The suites of the Elasticsearch sink and of the main job against every server that the kit knows, one after the other:
# about a minute each.
#
#   flavors.sh [FLAVOUR]...      default: es7 es8 es9 os2
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
[ $# -gt 0 ] || set -- es7 es8 es9 os2
failed=()
for flavor in "$@"; do
  echo "=== $flavor"
  SEARCH_SERVER_FLAVOR=$flavor node_modules/.bin/vitest run --testTimeout 120000 \
    test/main-job test/elasticsearch/{sink,dead-letters,storms}.test.ts ||
    failed+=("$flavor")
done
[ ${#failed[@]} -eq 0 ] || { echo "failed on: ${failed[*]}" >&2; exit 1; }
