{{/* One endpoint of a ServiceMonitor or PodMonitor. Arguments: root and monitor, the values of the monitor. */}}
{{- define "darktrace-exporter.endpoint" -}}
port: http
path: {{ include "darktrace-exporter.path" (dict "root" .root "path" "/metrics") }}
{{- with .monitor }}
interval: {{ .interval }}
scrapeTimeout: {{ .scrapeTimeout }}
scheme: {{ .scheme }}
{{- with .tlsConfig }}
tlsConfig:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .basicAuth }}
basicAuth:
  {{- toYaml . | nindent 2 }}
{{- end }}
# Labels of the configuration win over those of the target.
honorLabels: true
relabelings:
  # Series of the exporter itself keep their identity when the pod gets another address.
  - action: replace
    sourceLabels: [__meta_kubernetes_pod_name]
    targetLabel: instance
  {{- with .relabelings }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
metricRelabelings:
  # Series of an appliance lose the labels that name the pod, so that a counter continues wherever the pod runs.
  # `up` and the series of the exporter have no label appliance and keep them. An operator that ignores an empty
  # replacement writes $1, which is empty as well.
  {{- range $label := list "instance" "pod" "container" "node" "endpoint" }}
  - action: replace
    sourceLabels: [appliance]
    regex: .+
    targetLabel: {{ $label }}
    replacement: ""
  {{- end }}
  {{- with .metricRelabelings }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end }}
{{- end -}}
