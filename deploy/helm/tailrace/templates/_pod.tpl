{{/* Whether the process is user 0, without capabilities. */}}
{{- define "tailrace.asRoot" -}}
{{- if and (eq .Values.role "agent") (not .Values.agent.runAsNonRoot) -}}true{{- end -}}
{{- end -}}

{{- define "tailrace.podSecurityContext" -}}
{{- $context := dict "seccompProfile" (dict "type" "RuntimeDefault") -}}
{{- if include "tailrace.asRoot" . -}}
{{- $_ := merge $context (dict "runAsUser" 0 "runAsGroup" 0) -}}
{{- else -}}
{{- $_ := merge $context (dict "runAsNonRoot" true "runAsUser" 65532 "runAsGroup" 65532) -}}
{{- if eq .Values.role "agent" -}}
{{- $_ := set $context "supplementalGroups" (list 0) -}}
{{- else -}}
{{- $_ := merge $context (dict "fsGroup" 65532 "fsGroupChangePolicy" "OnRootMismatch") -}}
{{- end -}}
{{- end -}}
{{- toYaml (mergeOverwrite $context (deepCopy .Values.podSecurityContext)) -}}
{{- end -}}

{{- define "tailrace.securityContext" -}}
{{- $capabilities := dict "drop" (list "ALL") -}}
{{- if and (include "tailrace.asRoot" .) .Values.agent.readForeignFiles -}}
{{- $_ := set $capabilities "add" (list "DAC_READ_SEARCH") -}}
{{- end -}}
{{- $context := dict "allowPrivilegeEscalation" false "readOnlyRootFilesystem" true "capabilities" $capabilities -}}
{{- toYaml (mergeOverwrite $context (deepCopy .Values.securityContext)) -}}
{{- end -}}

{{- define "tailrace.environment" -}}
- name: NODE_NAME # part of what an event's id is made of
  valueFrom: { fieldRef: { fieldPath: spec.nodeName } }
- name: POD_NAME
  valueFrom: { fieldRef: { fieldPath: metadata.name } }
- name: POD_NAMESPACE
  valueFrom: { fieldRef: { fieldPath: metadata.namespace } }
- name: DATA_DIR
  value: /var/lib/tailrace
# Opened on purpose: the kubelet and Prometheus come from outside of the pod. The NetworkPolicy says who else.
- name: METRICS_ADDRESS
  value: {{ printf "0.0.0.0:%d" (int .Values.metrics.port) | quote }}
{{- range $name, $value := .Values.env }}
- name: {{ $name }}
  {{- /* Numbers with all their digits. */}}
  value: {{ if kindIs "string" $value }}{{ $value | quote }}{{ else }}{{ $value | toJson | quote }}{{ end }}
{{- end }}
{{- with .Values.envFrom }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "tailrace.pod" -}}
{{- include "tailrace.check" . -}}
metadata:
  labels:
    {{- include "tailrace.selectorLabels" . | nindent 4 }}
    app.kubernetes.io/component: {{ .Values.role }}
    {{- with .Values.podLabels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  annotations:
    kubectl.kubernetes.io/default-container: tailrace
    {{- if not .Values.pipeline.watch }}
    checksum/pipeline: {{ include "tailrace.files" . | sha256sum }}
    {{- end }}
    {{- with .Values.podAnnotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  serviceAccountName: {{ include "tailrace.serviceAccountName" . }}
  automountServiceAccountToken: false
  enableServiceLinks: false
  {{- with .Values.imagePullSecrets }}
  imagePullSecrets:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.priorityClassName }}
  priorityClassName: {{ . }}
  {{- end }}
  terminationGracePeriodSeconds: {{ .Values.terminationGracePeriodSeconds }}
  securityContext:
    {{- include "tailrace.podSecurityContext" . | nindent 4 }}
  {{- if and (eq .Values.role "agent") .Values.agent.runAsNonRoot }}
  initContainers:
    # A hostPath folder is root's, and fsGroup does not reach it.
    - name: hand-over
      image: {{ include "tailrace.image" . }}
      imagePullPolicy: {{ .Values.image.pullPolicy }}
      command: [/usr/local/bin/node, -e, "require('node:fs').chownSync('/var/lib/tailrace', 65532, 65532)"]
      securityContext:
        runAsNonRoot: false
        runAsUser: 0
        allowPrivilegeEscalation: false
        readOnlyRootFilesystem: true
        capabilities: { drop: [ALL], add: [CHOWN] }
      resources:
        {{- toYaml .Values.resources | nindent 8 }}
      volumeMounts:
        - { name: data, mountPath: /var/lib/tailrace }
  {{- end }}
  containers:
    - name: tailrace
      image: {{ include "tailrace.image" . }}
      imagePullPolicy: {{ .Values.image.pullPolicy }}
      args: [run, {{ if .Values.pipeline.watch }}--watch, {{ end }}/etc/tailrace/pipeline/pipeline.yaml]
      securityContext:
        {{- include "tailrace.securityContext" . | nindent 8 }}
      env:
        {{- include "tailrace.environment" . | nindent 8 }}
      ports:
        - { name: metrics, containerPort: {{ .Values.metrics.port }} }
        {{- if include "tailrace.takesOtlp" . }}
        - { name: otlp-grpc, containerPort: 4317 }
        - { name: otlp-http, containerPort: 4318 }
        {{- end }}
      # Alive is a process that answers. A target that is away makes it not ready, never restarted.
      startupProbe:
        httpGet: { path: /healthz, port: metrics }
        periodSeconds: 2
        failureThreshold: 60
      livenessProbe:
        httpGet: { path: /healthz, port: metrics }
        periodSeconds: 20
        timeoutSeconds: 5
        failureThreshold: 6
      readinessProbe:
        httpGet: { path: /readyz, port: metrics }
        periodSeconds: 10
        timeoutSeconds: 5
      resources:
        {{- toYaml .Values.resources | nindent 8 }}
      volumeMounts:
        - { name: data, mountPath: /var/lib/tailrace }
        - { name: pipeline, mountPath: /etc/tailrace/pipeline, readOnly: true }
        {{- range include "tailrace.secrets" . | fromYamlArray }}
        - { name: secret-{{ .name }}, mountPath: /etc/tailrace/secrets/{{ .name }}, readOnly: true }
        {{- end }}
        {{- if eq .Values.role "agent" }}
        {{- range $i, $path := .Values.agent.logPaths }}
        - { name: logs-{{ $i }}, mountPath: {{ $path }}, readOnly: true }
        {{- end }}
        {{- with .Values.agent.dockerContainersPath }}
        - { name: docker-containers, mountPath: {{ . }}, readOnly: true }
        {{- end }}
        {{- end }}
        {{- with .Values.extraVolumeMounts }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
  volumes:
    - name: pipeline
      configMap: { name: {{ include "tailrace.fullname" . }} }
    {{- range include "tailrace.secrets" . | fromYamlArray }}
    - name: secret-{{ .name }}
      secret: { secretName: {{ .secretName }}, defaultMode: 288 } # 0440
    {{- end }}
    {{- include "tailrace.volumes" . | nindent 4 }}
    {{- with .Values.extraVolumes }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- with .Values.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- $everywhere := list (dict "operator" "Exists") }}
  {{- with (kindIs "invalid" .Values.tolerations | ternary (eq .Values.role "agent" | ternary $everywhere list) .Values.tolerations) }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.affinity }}
  affinity:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.topologySpreadConstraints }}
  topologySpreadConstraints:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end -}}

{{- define "tailrace.volumes" -}}
{{- if eq .Values.role "agent" -}}
# What must survive the pod: where each file has been read to, dead letters, queues.
- name: data
  hostPath: { path: {{ .Values.agent.dataPath | default (printf "/var/lib/tailrace/%s-%s" .Release.Namespace (include "tailrace.fullname" .)) }}, type: DirectoryOrCreate }
{{- range $i, $path := .Values.agent.logPaths }}
- name: logs-{{ $i }}
  hostPath: { path: {{ $path }} }
{{- end }}
{{- with .Values.agent.dockerContainersPath }}
- name: docker-containers
  hostPath: { path: {{ . }}, type: DirectoryOrCreate }
{{- end }}
{{- else if .Values.aggregator.persistence.enabled -}}
- name: data
  persistentVolumeClaim: { claimName: {{ .Values.aggregator.persistence.existingClaim | default (include "tailrace.fullname" .) }} }
{{- else -}}
# Survives a restart of the container, not the end of the pod.
- name: data
  emptyDir: {}
{{- end -}}
{{- end -}}
