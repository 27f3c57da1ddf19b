#!/usr/bin/env bash
# Writes the manifests beside it from the chart, or into DIR.
#
#   render.sh [DIR]
#
# Needs Helm 3: $HELM or helm.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
out=${1:-$here}

render() { # FILE, a line that says what it is, then options of helm template
  local file=$1 what=$2
  shift 2
  {
    echo "# $what"
    echo '# Rendered from deploy/helm/tailrace by deploy/manifests/render.sh. Before you apply it to a namespace: put in the name of your image, the URL of'
    echo '# your Elasticsearch, and create the Secret tailrace-elasticsearch with the key api_key. docs/kubernetes.md tells the steps.'
    # These two say how the chart was installed, which it was not.
    "${HELM:-helm}" template tailrace "$here/../helm/tailrace" --namespace tailrace --kube-version 1.37.0 \
      --set image.repository=registry.example.com/tailrace "$@" | grep -Ev '^ *(helm\.sh/chart|app\.kubernetes\.io/managed-by): ' | sed 's/ *$//'
  } >"$out/$file"
}

render agent.yaml 'An agent on every node: the logs of all containers into Elasticsearch.'
render mirrord.yaml 'An agent on every node: the log of the mirrord operator into Elasticsearch, as mirrord’s own Kibana dashboard reads it.' \
  --set pipeline.preset=mirrord/elasticsearch
render aggregator.yaml 'An aggregator: OTLP logs from the cluster into Elasticsearch, with a queue on a volume.' --set role=aggregator
