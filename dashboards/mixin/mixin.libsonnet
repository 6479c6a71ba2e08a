// Rules and dashboards of darktrace-exporter as a monitoring mixin. The JSON files beside it are generated.
//
//   (import 'darktrace-exporter-mixin/mixin.libsonnet') + {
//     _config+:: { rules+: { selector: 'job="darktrace"', disk_ratio: '0.8' } },
//   }
local unitSeconds = { s: 1, m: 60, h: 3600, d: 86400, w: 604800, y: 31536000 };
local isDuration(text) = std.length(text) > 1 && std.length(std.stripChars(text, '0123456789smhdwy')) == 0
                         && std.objectHas(unitSeconds, text[std.length(text) - 1]);

// The length of a duration such as 90s or 1h30m.
local seconds(text) = std.foldl(
  function(sum, char)
    if std.objectHas(unitSeconds, char) then { total: sum.total + sum.number * unitSeconds[char], number: 0 }
    else { total: sum.total, number: sum.number * 10 + std.parseInt(char) },
  std.stringChars(text),
  { total: 0, number: 0 }
).total;

local trimmed(url) = std.rstripChars(url, '/');

{
  // The settings of dashboards/settings.yml, where each has its description.
  _config:: import 'config.json',

  local config = self._config,
  local links = import 'links.json',
  local values =
    { [name]: std.toString(config.rules[name]) for name in std.objectFields(config.rules) }
    + {
      [name + '.seconds']: std.toString(seconds(config.rules[name]))
      for name in std.objectFields(config.rules)
      if std.isString(config.rules[name]) && isDuration(config.rules[name])
    }
    + { replicas: std.join(', ', config.labels.replicas) },

  // Fills the settings in wherever a text names them.
  local filled(value) =
    if std.isString(value) then value % values
    else if std.isArray(value) then std.map(filled, value)
    else if std.isObject(value) then { [name]: filled(value[name]) for name in std.objectFields(value) }
    else value,

  // Prometheus evaluates the link to the runbook, unless a site for all runbooks is configured.
  local linked(rule) =
    if !std.objectHas(rule, 'alert') then rule else rule {
      annotations: {
        [name]: rule.annotations[name]
        for name in std.objectFields(rule.annotations)
        if name != 'dashboard'
      } + {
        runbook_url:
          if config.links.runbooks == '' then std.strReplace(links.runbook_url, '%(alert)s', rule.alert)
          else trimmed(config.links.runbooks) + '/' + rule.alert,
        [if config.links.grafana != '' then 'dashboard_url']:
          trimmed(config.links.grafana) + links.dashboards[rule.annotations.dashboard],
      },
    },

  local groups(part) = [
    group { rules: std.map(linked, group.rules) }
    for group in filled((import 'rules.json')[part])
  ],

  // The recording rules stay, as in prometheus/rules, if any optional alert of their group is chosen.
  local chosen = [
    group {
      rules: [
        rule
        for rule in group.rules
        if !std.objectHas(rule, 'alert') || std.member(config.optional_alerts, rule.alert)
      ],
    }
    for group in groups('optional')
  ],

  prometheusRules+:: { groups+: groups('rules') },
  prometheusAlerts+:: {
    groups+: groups('alerts') + if config.optional_alerts == [] then [] else chosen,
  },
  grafanaDashboards+:: import 'dashboards.json',
}
