"""Checks that Helm refuses values that cannot work, each with a message that names the mistake."""

from typing import Any, Iterator

from helm_python import HelmError

from render import rendered

ACME = {"name": "acme", "url": "https://dt.example"}
DATABASE = {"existingSecret": "database"}
#: Values, and a part of the message that refuses them.
WRONG: list[tuple[dict[str, Any], str]] = [
    ({"serviceMonitors": {"enabled": True}}, "serviceMonitors"),
    ({"serviceMonitor": {"enable": True}}, "enable"),
    ({"serviceMonitor": {"interval": "often"}}, "interval"),
    ({"image": {"pullPolicy": "Sometimes"}}, "pullPolicy"),
    ({"image": {"digest": "latest"}}, "digest"),
    ({"replicas": 2}, "replicas"),
    ({"replicaCount": 0}, "replicaCount"),
    ({"replicaCount": 2}, "database.existingSecret, or set 1"),
    ({"database": {"caSecret": "ca"}}, "database.existingSecret"),
    ({"database": DATABASE | {"lease": "long"}}, "lease"),
    ({"database": DATABASE, "persistence": {"existingClaim": "state"}}, "persistence.existingClaim"),
    ({"database": DATABASE, "strategy": {"type": "Rolling"}}, "strategy"),
    ({"database": DATABASE, "config": {"state": {"postgres_url": "postgresql://database"}}}, "database.existingSecret"),
    ({"config": {"state": {"path": "state.db"}}}, "persistence"),
    ({"persistence": {"accessModes": ["ReadWriteMany"]}}, "accessModes"),
    ({"podDisruptionBudget": {"maxUnavailable": 0}}, "maxUnavailable"),
    ({"terminationGracePeriodSeconds": 1}, "terminationGracePeriodSeconds"),
    ({"extraArgs": ["web.max-requests=1"]}, "extraArgs"),
    ({"appliances": {"existingSecrets": ["acme"]}}, "existingSecrets"),
    ({"config": {"appliance": []}}, "appliance"),
    ({"appliances": {"existingSecrets": []}}, "no appliance"),
    ({"config": {"appliances": [ACME | {"public_token": "secret"}]}}, "public_token would be in a ConfigMap"),
    ({"config": {"appliances": [ACME | {"private_token": "secret"}]}}, "private_token would be in a ConfigMap"),
    ({"serviceMonitor": {"enabled": True}, "podMonitor": {"enabled": True}}, "scraped twice"),
    ({"prometheusRule": {"enabled": True, "disabled": {"DarktraceDown": True}}}, "DarktraceDown"),
    ({"prometheusRule": {"enabled": True, "customRules": {"DarktraceDown": {"for": "1m"}}}}, "DarktraceDown"),
    ({"prometheusRule": {"enabled": True, "optionalAlerts": ["DarktraceDown"]}}, "DarktraceDown"),
]


def faults() -> Iterator[str]:
    """Which mistakes are accepted, or refused for another reason."""
    for values, message in WRONG:
        try:
            rendered(values)
        except HelmError as error:
            if message not in str(error):
                yield f"{values}: refused without the words {message!r}: {error}"
        else:
            yield f"{values}: not refused"
