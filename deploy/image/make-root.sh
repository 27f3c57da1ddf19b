#!/usr/bin/env bash
# Makes what stands in the image on top of its base: Node and the built command with its production dependencies.
#
#   make-root.sh [--built] DIR
#
# DIR must not exist or be empty; --built: the packages are built already. The workspace must be installed (pnpm install --frozen-lockfile). The base brings the C and C++ libraries,
# nothing else is needed. Prints what is in it, by size.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
built=
if [ "${1:-}" = --built ]; then built=1; shift; fi
image=${1:?usage: make-root.sh [--built] DIR}
[ -z "$(ls -A "$image" 2>/dev/null)" ] || { echo "make-root.sh: $image is not empty" >&2; exit 2; }
[ -x "$root/node_modules/node/bin/node" ] || { echo 'make-root.sh: no node_modules: run pnpm install first' >&2; exit 2; }
export PATH="$root/node_modules/.bin:$PATH" DO_NOT_TRACK=1

mkdir -p "$image"/{etc/tailrace,opt,tmp,usr/local/bin,var/lib/tailrace}
image=$(cd "$image" && pwd)
app=$image/opt/tailrace
cd "$root"
[ -n "$built" ] || turbo run build --output-logs=errors-only >&2
# Versions are those of the lockfile. Legacy: the other way wants a lockfile in which packages of the workspace are copies.
pnpm --filter tailrace deploy --prod --legacy --loglevel=error "$app" >&2

cp node_modules/node/bin/node "$image/usr/local/bin/node"
# The command's first line asks env for Node; the base has neither env nor a shell.
sed -i '1s|.*|#!/usr/local/bin/node|' "$app/dist/main.js"
ln -s /opt/tailrace/dist/main.js "$image/usr/local/bin/tailrace"

# What only people and compilers read, and what pnpm keeps for its next install. Licences stay.
find "$app" -type f \( -name '*.map' -o -name '*.ts' -o -name '*.mts' -o -name '*.cts' -o -iname 'readme*.md' -o -iname 'changelog*' \) -delete
find "$app/node_modules/.pnpm" -mindepth 4 -maxdepth 5 -type d -path '*/node_modules/*' \( -name test -o -name tests -o -name __tests__ -o -name bench -o -name benchmarks \) \
  -prune -exec rm -rf {} +
find "$app" -type f -name '*.test.*js' -delete
rm -rf "$app"/node_modules/.modules.yaml "$app"/node_modules/.pnpm-workspace-state*.json "$app"/node_modules/.pnpm/lock.yaml "$app"/pnpm-lock.yaml
cp LICENSE "$app/LICENSE"

echo 'Size in MB, unpacked, without the base:'
du -sm "$image/usr/local/bin/node" "$app/node_modules/.pnpm"/* 2>/dev/null | sort -rn | sed -n "1,6s|$image||p"
du -sm "$image" | sed "s|$image|in all|"
