{{- define "openclaw.labels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "openclaw.secretName" -}}
{{- .Values.existingSecret | default (printf "%s-token" .Release.Name) -}}
{{- end }}
