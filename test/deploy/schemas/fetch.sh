#!/usr/bin/env bash
# Fetches the JSON schemas that the manifests are checked with and writes them beside it, reduced to the kinds that are used and to what a check
# needs. Run it for a newer Kubernetes; tests read what is here.
#
# Sources, both Apache-2.0: the Python package kubernetes-validate, which carries the schemas of Kubernetes' own OpenAPI description, and the custom
# resource in the Go module of the Prometheus operator. Needs Python with pip, and Go.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/tailrace-XXXXXX")
trap 'rm -rf "$work"' EXIT
python=${PYTHON:-python3}

"$python" -m pip install -q --no-deps --no-compile --target "$work/python" kubernetes-validate==1.37.0
operator=$(cd "$work" && "${GO:-go}" mod download -json github.com/prometheus-operator/prometheus-operator@v0.85.0 |
  "$python" -c 'import json, sys; print(json.load(sys.stdin)["Dir"])')

"$python" - "$work/python" "$operator" "$here" <<'PYTHON'
import gzip, json, re, sys
python, operator, here = sys.argv[1:]
kinds = ['apps.v1.DaemonSet', 'apps.v1.Deployment', 'core.v1.ConfigMap', 'core.v1.Namespace', 'core.v1.PersistentVolumeClaim',
         'core.v1.Service', 'core.v1.ServiceAccount', 'networking.v1.NetworkPolicy']

def reduced(value):
    """Without prose; and without null, which a template leaves where it has forgotten a value."""
    if isinstance(value, list):
        return [reduced(item) for item in value]
    if not isinstance(value, dict):
        return value
    kept = {key: reduced(item) for key, item in value.items()
            if not (key == 'description' and isinstance(item, str)) and not key.startswith('x-kubernetes')}
    if isinstance(kept.get('type'), list):
        types = [name for name in kept['type'] if name != 'null']
        kept['type'] = types[0] if len(types) == 1 else types
    if 'properties' in kept: # a misspelt member is an error, as kubectl has it
        kept.setdefault('additionalProperties', False)
    return kept

def write(name, schema):
    with gzip.GzipFile(f'{here}/{name}.json.gz', 'wb', mtime=0) as file:
        file.write(json.dumps(schema, separators=(',', ':'), sort_keys=True).encode())

def kubernetes(version):
    with open(f'{python}/kubernetes_validate/kubernetes-json-schema/v{version}-local-strict/_definitions.json') as file:
        definitions = json.load(file)['$defs']
    wanted, found = [f'io.k8s.api.{kind}' for kind in kinds], {}
    while wanted:
        name = wanted.pop()
        if name not in found:
            found[name] = reduced(definitions[name])
            wanted += re.findall(r'#/\$defs/([^"]+)', json.dumps(found[name]))
    return {'$defs': found}

write('kubernetes-1.25', kubernetes('1.25.0'))
write('kubernetes-1.37', kubernetes('1.37.0'))
with open(f'{operator}/jsonnet/prometheus-operator/servicemonitors-crd.json') as file:
    versions = json.load(file)['spec']['versions']
write('servicemonitor', reduced(next(one for one in versions if one['name'] == 'v1')['schema']['openAPIV3Schema']))
PYTHON
