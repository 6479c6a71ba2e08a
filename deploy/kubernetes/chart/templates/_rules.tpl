{{/*
The groups of rules as JSON {"groups": […]}: the generated rule files with the changes of .Values.prometheusRule.
The files contain templates of Prometheus, so they are parsed and never rendered as templates of Helm.
*/}}
{{- define "darktrace-exporter.rules" -}}
{{- $values := .Values.prometheusRule -}}
{{- $known := dict -}}
{{- $optional := dict -}}
{{- $files := list -}}
{{- range $path, $_ := .Files.Glob "files/rules/*.yml" -}}
{{- $files = append $files ($.Files.Get $path | fromYaml) -}}
{{- end -}}
{{- if not $files -}}
{{- fail "the chart has no rules: install it from the repository, or from the package of `make chart`" -}}
{{- end -}}
{{- range $path, $_ := .Files.Glob "files/optional-rules/*.yml" -}}
{{- $file := $.Files.Get $path | fromYaml -}}
{{- range $group := $file.groups -}}
{{- range $rule := $group.rules -}}
{{- if $rule.alert -}}{{- $_ := set $optional $rule.alert true -}}{{- end -}}
{{- end -}}
{{- end -}}
{{- if $values.optionalAlerts -}}{{- $files = append $files (set $file "optional" true) -}}{{- end -}}
{{- end -}}
{{- $groups := list -}}
{{- $named := dict -}}
{{- range $file := $files -}}
{{- range $group := $file.groups -}}
{{- $rules := list -}}
{{- range $rule := $group.rules -}}
{{- if not $rule.alert -}}
{{- $rules = append $rules $rule -}}
{{- else -}}
{{- /* An optional alert may be among the rules as well, by the settings of dashboards/. */ -}}
{{- $skipped := or (index $values.disabled $rule.alert)
    (and $file.optional (or (hasKey $known $rule.alert) (not (has $rule.alert $values.optionalAlerts)))) -}}
{{- $_ := set $known $rule.alert true -}}
{{- if not $skipped -}}
{{- $custom := default dict (index $values.customRules $rule.alert) -}}
{{- with $custom.for -}}{{- $_ := set $rule "for" . -}}{{- end -}}
{{- $labels := merge dict (default dict $custom.labels) $values.additionalRuleLabels $rule.labels -}}
{{- with $custom.severity -}}{{- $_ := set $labels "severity" . -}}{{- end -}}
{{- $_ := set $rule "labels" $labels -}}
{{- $_ := set $rule "annotations" (merge dict (default dict $custom.annotations) $values.additionalRuleAnnotations
    $rule.annotations) -}}
{{- $rules = append $rules $rule -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if and $rules (hasKey $named $group.name) -}}
{{- $same := index $named $group.name -}}
{{- $_ := set $same "rules" (concat $same.rules $rules) -}}
{{- else if $rules -}}
{{- $groups = append $groups (set $group "rules" $rules) -}}
{{- $_ := set $named $group.name $group -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- range $name := concat (keys $values.disabled) (keys $values.customRules) $values.optionalAlerts -}}
{{- if not (or (hasKey $known $name) (hasKey $optional $name)) -}}
{{- fail (printf "prometheusRule: no alert is called %s; dashboards/README.md lists the names" $name) -}}
{{- end -}}
{{- end -}}
{{- dict "groups" $groups | toJson -}}
{{- end -}}
