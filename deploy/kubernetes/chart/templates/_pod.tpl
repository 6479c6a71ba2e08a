{{/* The pod. The objects that run it differ in how they provide the volume `state`, or in having none. */}}
{{- define "darktrace-exporter.podTemplate" -}}
metadata:
  annotations:
    kubectl.kubernetes.io/default-container: exporter
    {{- with .Values.podAnnotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  labels:
    {{- include "darktrace-exporter.selectorLabels" . | nindent 4 }}
    app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
    {{- with .Values.commonLabels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
    {{- with .Values.podLabels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  serviceAccountName: {{ include "darktrace-exporter.serviceAccountName" . }}
  automountServiceAccountToken: false
  # The variables of a Service of this name look like flags of the exporter.
  enableServiceLinks: false
  terminationGracePeriodSeconds: {{ .Values.terminationGracePeriodSeconds }}
  {{- with include "darktrace-exporter.spread" . | fromYamlArray }}
  topologySpreadConstraints:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- range $field := list "imagePullSecrets" "nodeSelector" "tolerations" "affinity" "priorityClassName" "hostAliases"
      "dnsConfig" }}
  {{- with index $.Values $field }}
  {{ $field }}: {{ if kindIs "string" . }}{{ . }}{{ else }}{{ toYaml . | nindent 4 }}{{ end }}
  {{- end }}
  {{- end }}
  securityContext:
    {{- toYaml .Values.podSecurityContext | nindent 4 }}
  {{- with .Values.extraInitContainers }}
  initContainers:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  containers:
    - name: exporter
      image: {{ include "darktrace-exporter.image" . | quote }}
      imagePullPolicy: {{ .Values.image.pullPolicy }}
      args:
        {{- include "darktrace-exporter.args" . | nindent 8 }}
      {{- with .Values.extraEnv }}
      env:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      ports:
        - name: http
          containerPort: 13947
      startupProbe:
        {{- include "darktrace-exporter.probe" (dict "root" . "page" "/-/healthy"
            "timing" .Values.startupProbe) | nindent 8 }}
      livenessProbe:
        {{- include "darktrace-exporter.probe" (dict "root" . "page" "/-/healthy"
            "timing" .Values.livenessProbe) | nindent 8 }}
      readinessProbe:
        {{- include "darktrace-exporter.probe" (dict "root" . "page" "/-/ready"
            "timing" .Values.readinessProbe) | nindent 8 }}
      resources:
        {{- toYaml .Values.resources | nindent 8 }}
      securityContext:
        {{- toYaml .Values.securityContext | nindent 8 }}
      volumeMounts:
        - name: config
          mountPath: /etc/darktrace-exporter/config
          readOnly: true
        # Whole directories: Kubernetes never updates a mount of a single file (subPath).
        {{- if .Values.appliances.existingSecrets }}
        - name: appliances
          mountPath: /etc/darktrace-exporter/appliances.d
          readOnly: true
        {{- end }}
        {{- if .Values.web.existingSecret }}
        - name: web
          mountPath: /etc/darktrace-exporter/web
          readOnly: true
        {{- end }}
        {{- if .Values.database.existingSecret }}
        - name: database
          mountPath: /etc/darktrace-exporter/database
          readOnly: true
        {{- else }}
        - name: state
          mountPath: /var/lib/darktrace-exporter
        {{- end }}
        {{- with .Values.extraVolumeMounts }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
    {{- with .Values.extraContainers }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  volumes:
    - name: config
      {{- if .Values.configExistingSecretName }}
      secret:
        secretName: {{ .Values.configExistingSecretName }}
        defaultMode: 0440
      {{- else }}
      configMap:
        name: {{ include "darktrace-exporter.fullname" . }}
      {{- end }}
    {{- with .Values.appliances.existingSecrets }}
    # One directory of several Secrets.
    - name: appliances
      projected:
        defaultMode: 0440
        sources:
          {{- range . }}
          - secret:
              name: {{ .name }}
              optional: {{ default false .optional }}
          {{- end }}
    {{- end }}
    {{- with .Values.web.existingSecret }}
    - name: web
      secret:
        secretName: {{ . }}
        defaultMode: 0440
    {{- end }}
    {{- with .Values.database }}
    {{- if .existingSecret }}
    - name: database
      projected:
        defaultMode: 0440
        sources:
          - secret:
              name: {{ .existingSecret }}
              items:
                - {key: {{ .urlKey | quote }}, path: url}
          {{- if .caSecret }}
          - secret:
              name: {{ .caSecret }}
              items:
                - {key: {{ .caKey | quote }}, path: ca.crt}
          {{- end }}
    {{- end }}
    {{- end }}
    {{- with .Values.extraVolumes }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
{{- end -}}

{{/* The flags. The health check is given those of `--web` as well. */}}
{{- define "darktrace-exporter.args" -}}
- serve
- --config.file=/etc/darktrace-exporter/config/darktrace-exporter.yml
- --config.auto-reload
{{- if not .Values.database.existingSecret }}
- --state.path=/var/lib/darktrace-exporter/state.db
{{- end }}
{{ include "darktrace-exporter.webArgs" . }}
- --log.level={{ .Values.logLevel }}
- --log.format={{ .Values.logFormat }}
{{- with .Values.extraArgs }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "darktrace-exporter.webArgs" -}}
- --web.listen-address=:13947
{{- with .Values.web.externalUrl }}
- --web.external-url={{ . }}
{{- end }}
- --web.route-prefix={{ .Values.web.routePrefix }}
{{- if .Values.web.existingSecret }}
- --web.config.file=/etc/darktrace-exporter/web/web.yml
{{- end }}
{{- end -}}

{{/* A probe. The kubelet has no password and no client certificate, so a web configuration needs the command. */}}
{{- define "darktrace-exporter.probe" -}}
{{- if .root.Values.web.existingSecret -}}
exec:
  command:
    - /usr/bin/darktrace-exporter
    - healthcheck
    {{- include "darktrace-exporter.webArgs" .root | nindent 4 }}
{{- else -}}
httpGet:
  path: {{ include "darktrace-exporter.path" (dict "root" .root "path" .page) }}
  port: http
{{- end }}
{{- with .timing }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* The topology spread constraints. Without a selector a constraint would count no pod. */}}
{{- define "darktrace-exporter.spread" -}}
{{- $selector := dict "matchLabels" (include "darktrace-exporter.selectorLabels" . | fromYaml) -}}
{{- $constraints := list -}}
{{- if .Values.database.existingSecret -}}
{{- range $key := list "topology.kubernetes.io/zone" "kubernetes.io/hostname" -}}
{{- $constraints = append $constraints (dict "maxSkew" 1 "topologyKey" $key "whenUnsatisfiable" "ScheduleAnyway") -}}
{{- end -}}
{{- end -}}
{{- $made := list -}}
{{- range $constraint := default $constraints .Values.topologySpreadConstraints -}}
{{- $made = append $made (merge dict $constraint (dict "labelSelector" $selector)) -}}
{{- end -}}
{{- toYaml $made -}}
{{- end -}}
