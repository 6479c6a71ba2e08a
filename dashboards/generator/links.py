"""The links in the annotations of alerts. Each works as shipped, or is empty: Prometheus evaluates them for each alert."""

from .settings import Settings

#: Labels that one alert or another adds to those of an appliance; they select no appliance. The first one is there when
#: the value of an alert is a recorded one.
OF_ALERTS = ("__name__|model|category|feed|path|reason|license|kind|mount", "protocol|probe|master|label|state")
#: The dashboards by the names that rules/ uses, and whether they show the appliance of the alert.
DASHBOARDS = {
    "breaches": ("darktrace-breaches", True),
    "response": ("darktrace-response", True),
    "appliance": ("darktrace-appliance", True),
    "exporter": ("darktrace-exporter", False),
}


def annotations(settings: Settings, alert: str, dashboard: str) -> dict[str, str]:
    """The links of an alert by the names of their annotations."""
    made = {"ui_url": _ui()} if DASHBOARDS[dashboard][1] else {}
    made["runbook_url"] = _runbook(settings, alert)
    if grafana := settings.links["grafana"].rstrip("/"):
        made["dashboard_url"] = grafana + path(dashboard)
    return made


def path(dashboard: str) -> str:
    """The path of a dashboard in Grafana."""
    uid, of_appliance = DASHBOARDS[dashboard]
    return f"/d/{uid}/" + ("?var-appliance={{ $labels.appliance | urlquery }}" if of_appliance else "")


def _ui() -> str:
    """Where people open the appliance: the series has the labels of the alert, except those that the alert added."""
    return "\n".join((
        '{{ $matchers := "" -}}',
        "{{ range $name, $value := $labels -}}",
        f'{{{{ if not (or (match "^({OF_ALERTS[0]})$" $name)',
        f'(match "^({OF_ALERTS[1]})$" $name)) -}}}}',
        '{{ $matchers = printf "%s%s=%q," $matchers $name $value }}{{ end }}{{ end -}}',
        '{{ with printf "darktrace_appliance_ui_info{%s}" $matchers | query -}}',
        '{{ . | first | label "url" }}{{ end }}',
    ))  # fmt: skip


def _runbook(settings: Settings, alert: str) -> str:
    """The page of the configured site, or else of an exporter of the same job that states its own address."""
    if site := settings.links["runbooks"].rstrip("/"):
        return f"{site}/{alert}"
    return "\n".join((
        """{{ with printf "darktrace_exporter_web_info{job=%q,external_url!=''}" $labels.job | query -}}""",
        '{{ . | first | label "external_url" | reReplaceAll "/+$" "" }}' + f"/runbooks/{alert}{{{{ end }}}}",
    ))  # fmt: skip
