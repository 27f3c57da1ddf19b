{{- define "tailrace.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "tailrace.fullname" -}}
{{- $name := include "tailrace.name" . -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 52 | trimSuffix "-" -}}
{{- else if contains $name .Release.Name -}}
{{- .Release.Name | trunc 52 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 52 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "tailrace.selectorLabels" -}}
app.kubernetes.io/name: {{ include "tailrace.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "tailrace.labels" -}}
{{ include "tailrace.selectorLabels" . }}
app.kubernetes.io/component: {{ .Values.role }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{- define "tailrace.serviceAccountName" -}}
{{- .Values.serviceAccount.name | default (.Values.serviceAccount.create | ternary (include "tailrace.fullname" .) "default") -}}
{{- end -}}

{{- define "tailrace.image" -}}
{{- $image := .Values.image -}}
{{- $repository := required "image.repository is not set: push the image of deploy/image/Dockerfile to a registry of yours and put its name there" $image.repository -}}
{{- if $image.digest -}}
{{- printf "%s@%s" $repository $image.digest -}}
{{- else -}}
{{- printf "%s:%s" $repository (default .Chart.AppVersion $image.tag) -}}
{{- end -}}
{{- end -}}

{{- define "tailrace.preset" -}}
{{- .Values.pipeline.preset | default (eq .Values.role "agent" | ternary "containers" "aggregator") -}}
{{- end -}}

{{/* The files of the pipeline, as YAML: name → text. */}}
{{- define "tailrace.files" -}}
{{- if .Values.pipeline.files -}}
{{- if not (index .Values.pipeline.files "pipeline.yaml") -}}
{{- fail "pipeline.files has no pipeline.yaml, which is the file that runs: --set-file 'pipeline.files.pipeline\\.yaml=my.yaml'" -}}
{{- end -}}
{{- toYaml .Values.pipeline.files -}}
{{- else -}}
{{- $preset := include "tailrace.preset" . -}}
{{- $text := .Files.Get (printf "pipelines/%s.yaml" $preset) -}}
{{- if not $text -}}
{{- $presets := list -}}
{{- range $file, $_ := .Files.Glob "pipelines/**.yaml" -}}
{{- if ne (base $file) "fields.yaml" }}{{ $presets = append $presets ($file | trimPrefix "pipelines/" | trimSuffix ".yaml") }}{{ end -}}
{{- end -}}
{{- fail (printf "pipeline.preset %q is none of the chart's: %s" $preset (join ", " $presets)) -}}
{{- end -}}
{{/* Where an editor finds the schema is a path in the repository. */}}
{{- $files := dict "pipeline.yaml" (regexReplaceAll "^# yaml-language-server:.*\n" $text "") -}}
{{- $fields := .Files.Get (printf "pipelines/%s/fields.yaml" (dir $preset)) -}}
{{- if and $fields (contains "fields.yaml" $text) -}}
{{- $_ := set $files "fields.yaml" $fields -}}
{{- end -}}
{{- toYaml $files -}}
{{- end -}}
{{- end -}}

{{/* The Secrets that the pipeline reads, as YAML: each with its name there and that of the Secret. */}}
{{- define "tailrace.secrets" -}}
{{- $texts := list -}}
{{- range include "tailrace.files" . | fromYaml }}{{ $texts = append $texts . }}{{ end -}}
{{- $secrets := list -}}
{{- $names := list -}}
{{- range regexFindAll "/etc/tailrace/secrets/[^/\"'\\s{}]+/" (join " " $texts) -1 | uniq -}}
{{- $name := . | trimPrefix "/etc/tailrace/secrets/" | trimSuffix "/" -}}
{{- if not (regexMatch "^[a-z0-9]([a-z0-9-]*[a-z0-9])?$" $name) -}}
{{- fail (printf "the pipeline names /etc/tailrace/secrets/%s: the name of a mounted Secret has small letters, digits and - alone" $name) -}}
{{- end -}}
{{- $names = append $names $name -}}
{{- $secrets = append $secrets (dict "name" $name "secretName" (get $.Values.secrets $name | default (printf "tailrace-%s" $name))) -}}
{{- end -}}
{{- range $name, $_ := .Values.secrets -}}
{{- if not (has $name $names) -}}
{{- fail (printf "secrets.%s is not mounted: the pipeline does not name /etc/tailrace/secrets/%s/" $name $name) -}}
{{- end -}}
{{- end -}}
{{- toYaml $secrets -}}
{{- end -}}

{{/* A duration such as 30s, 5m or 1500ms in whole seconds, rounded up. */}}
{{- define "tailrace.seconds" -}}
{{- $number := regexFind "^[0-9.]+" . | float64 -}}
{{- $unit := regexFind "[a-z]+$" . -}}
{{- $factor := get (dict "ms" 0.001 "s" 1.0 "m" 60.0 "h" 3600.0 "d" 86400.0) $unit | default 1.0 -}}
{{- mulf $number $factor | ceil | int -}}
{{- end -}}

{{/* Whether an aggregator's pipeline has a source that senders reach by the Service. */}}
{{- define "tailrace.takesOtlp" -}}
{{- if and (eq .Values.role "aggregator") .Values.aggregator.service.enabled -}}
{{- if has "otlp" (include "tailrace.sourceTypes" . | fromYamlArray) -}}true{{- end -}}
{{- end -}}
{{- end -}}

{{/* The types of the pipeline's sources, as YAML. */}}
{{- define "tailrace.sourceTypes" -}}
{{- $types := list -}}
{{- $pipeline := index (include "tailrace.files" . | fromYaml) "pipeline.yaml" | fromYaml -}}
{{- range $pipeline.sources -}}
{{- if kindIs "map" . }}{{ $types = append $types (toString (get . "type")) }}{{ end -}}
{{- end -}}
{{- toYaml $types -}}
{{- end -}}

{{/* A source that listens where the Service does not lead to; what stands in ${…} is not known here. */}}
{{- define "tailrace.checkOtlp" -}}
{{- $pipeline := index (include "tailrace.files" . | fromYaml) "pipeline.yaml" | fromYaml -}}
{{- range $id, $source := $pipeline.sources -}}
{{- if and (kindIs "map" $source) (eq (toString (get $source "type")) "otlp") -}}
{{- range $protocol, $port := dict "grpc" "4317" "http" "4318" -}}
{{- $listener := get $source $protocol -}}
{{- $address := kindIs "map" $listener | ternary $listener dict | dig "address" "" | toString -}}
{{- if not (or (eq (toString $listener) "false") (contains "${" (toString $listener)) (regexMatch (printf "^(0\\.0\\.0\\.0|\\[::\\]):%s$" $port) $address)) -}}
{{- fail (printf "pipeline.yaml: sources.%s does not listen for OTLP over %s where the Service leads to: write  %s: { address: \"0.0.0.0:%s\" }  or  %s: false  in it, or set aggregator.service.enabled=false" $id $protocol $protocol $port $protocol) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* A preset in the other role would read nothing, or everything as often as there are pods. */}}
{{- define "tailrace.checkPreset" -}}
{{- $preset := include "tailrace.preset" . -}}
{{- $types := include "tailrace.sourceTypes" . | fromYamlArray -}}
{{- if and (eq .Values.role "agent") (not (has "file" $types)) -}}
{{- fail (printf "pipeline.preset %s reads nothing of a node: set role=aggregator, or every node would do the same" $preset) -}}
{{- end -}}
{{- if and (eq .Values.role "aggregator") (has "file" $types) -}}
{{- fail (printf "pipeline.preset %s reads the files of a node: set role=agent" $preset) -}}
{{- end -}}
{{- if and (has "prometheus_scrape" $types) (gt (int .Values.aggregator.replicas) 1) -}}
{{- fail (printf "pipeline.preset %s is for one pod, but aggregator.replicas is %d: each of them would scrape the same targets" $preset (int .Values.aggregator.replicas)) -}}
{{- end -}}
{{- end -}}

{{/* What would only show in the cluster, as probes that fail or as a process that is killed while it delivers. */}}
{{- define "tailrace.check" -}}
{{- $pipeline := index (include "tailrace.files" . | fromYaml) "pipeline.yaml" | fromYaml -}}
{{- if $pipeline.Error -}}
{{- fail (printf "pipeline.yaml is no YAML: %s" $pipeline.Error) -}}
{{- end -}}
{{- if not (contains "METRICS_ADDRESS" (toString (dig "metrics" "address" "" $pipeline))) -}}
{{- fail "pipeline.yaml does not open the address of the probes: write  metrics: { address: \"${METRICS_ADDRESS:-127.0.0.1:9598}\" }  in it" -}}
{{- end -}}
{{- if not (contains "DATA_DIR" (toString (dig "data_dir" "" $pipeline))) -}}
{{- fail "pipeline.yaml does not keep its state on the volume: write  data_dir: ${DATA_DIR:-/var/lib/tailrace}  in it" -}}
{{- end -}}
{{- if not .Values.pipeline.files }}{{ include "tailrace.checkPreset" . }}{{ end -}}
{{- if include "tailrace.takesOtlp" . }}{{ include "tailrace.checkOtlp" . }}{{ end -}}
{{- $shutdown := toString (dig "shutdown_timeout" "30s" $pipeline) -}}
{{- if and (regexMatch "^[0-9.]+(ms|s|m|h|d)$" $shutdown) (ge (include "tailrace.seconds" $shutdown | int) (int .Values.terminationGracePeriodSeconds)) -}}
{{- fail (printf "terminationGracePeriodSeconds is %d, but the pipeline may take %s to stop (shutdown_timeout): make it longer" (int .Values.terminationGracePeriodSeconds) $shutdown) -}}
{{- end -}}
{{- if and (eq .Values.role "aggregator") .Values.aggregator.persistence.enabled (gt (int .Values.aggregator.replicas) 1) -}}
{{- fail "aggregator.replicas is more than 1, but a data_dir belongs to one process: install the chart once for each, or set aggregator.persistence.enabled=false" -}}
{{- end -}}
{{- if and (eq .Values.role "agent") .Values.agent.runAsNonRoot .Values.agent.readForeignFiles -}}
{{- fail "agent.readForeignFiles does not work with agent.runAsNonRoot: only user 0 keeps a capability when the program starts" -}}
{{- end -}}
{{- end -}}
