{{- define "darktrace-exporter.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 52 | trimSuffix "-" -}}
{{- end -}}

{{/* At most 52 characters: Kubernetes appends a hash and makes labels of it, which may have 63. */}}
{{- define "darktrace-exporter.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 52 | trimSuffix "-" -}}
{{- else if contains (include "darktrace-exporter.name" .) .Release.Name -}}
{{- .Release.Name | trunc 52 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "darktrace-exporter.name" .) | trunc 52 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "darktrace-exporter.namespace" -}}
{{- default .Release.Namespace .Values.namespaceOverride -}}
{{- end -}}

{{- define "darktrace-exporter.serviceAccountName" -}}
{{- $default := ternary (include "darktrace-exporter.fullname" .) "default" .Values.serviceAccount.create -}}
{{- default $default .Values.serviceAccount.name -}}
{{- end -}}

{{- define "darktrace-exporter.selectorLabels" -}}
app.kubernetes.io/name: {{ include "darktrace-exporter.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{/* The labels of the pod of `helm test`. Its name is not that of the exporter: its Service must not select this pod. */}}
{{- define "darktrace-exporter.testLabels" -}}
app.kubernetes.io/name: {{ include "darktrace-exporter.name" . }}-test
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "darktrace-exporter.labels" -}}
{{ include "darktrace-exporter.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/part-of: darktrace-exporter
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* Name, namespace and labels of an object. Arguments: root; optional namespace, labels, annotations and suffix. */}}
{{- define "darktrace-exporter.metadata" -}}
{{- $root := .root -}}
name: {{ include "darktrace-exporter.fullname" $root }}{{ with .suffix }}-{{ . }}{{ end }}
namespace: {{ default (include "darktrace-exporter.namespace" $root) .namespace }}
labels:
  {{- include "darktrace-exporter.labels" $root | nindent 2 }}
  {{- with .labels }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- with .annotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "darktrace-exporter.image" -}}
{{- with .Values.image -}}
{{- with .registry }}{{ . }}/{{ end }}{{ .repository -}}
{{- if .digest }}@{{ .digest }}{{ else }}:{{ default $.Chart.AppVersion .tag }}{{ end -}}
{{- end -}}
{{- end -}}

{{/* The path of a page with the prefix of all pages. Arguments: root and path. */}}
{{- define "darktrace-exporter.path" -}}
{{- printf "%s%s" (trimSuffix "/" .root.Values.web.routePrefix) .path -}}
{{- end -}}

{{/* The file with the URI of the database. */}}
{{- define "darktrace-exporter.databaseUrlFile" -}}
/etc/darktrace-exporter/database/url
{{- end -}}

{{/* Fails if the values describe neither one exporter with a volume nor a fleet with a database. */}}
{{- define "darktrace-exporter.checkForm" -}}
{{- if .Values.database.existingSecret -}}
{{- if .Values.persistence.existingClaim -}}
{{- fail "persistence.existingClaim: a fleet has its state in the database and no volume; remove it, or database.existingSecret" -}}
{{- end -}}
{{- else -}}
{{- if gt (int .Values.replicaCount) 1 -}}
{{- fail "replicaCount: a state file has one writer; name the Secret of a database that the replicas share in database.existingSecret, or set 1" -}}
{{- end -}}
{{- if .Values.database.caSecret -}}
{{- fail "database.caSecret: there is no database; name the Secret with its URI in database.existingSecret" -}}
{{- end -}}
{{- end -}}
{{- end -}}
