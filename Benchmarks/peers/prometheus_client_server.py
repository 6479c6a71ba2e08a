"""Python's prometheus_client over the same series.

usage: prometheus_client_server.py COUNT    prints the address it listens on; lives until its standard input ends
"""
import sys

from prometheus_client import CollectorRegistry, Counter, start_http_server

count = int(sys.argv[1])
registry = CollectorRegistry()
breaches = Counter(
    "darktrace_model_breaches", "Model breaches counted, each once.", ["appliance", "model", "category"],
    registry=registry)
for appliance in range(3):
    for number in range((count + appliance) // 3):
        breaches.labels(
            f"appliance-{appliance}", f"Compromise::Watched Domain {1_000_000 + number}", "suspicious"
        ).inc(number % 9973)
server, _ = start_http_server(0, addr="127.0.0.1", registry=registry)
print(f"127.0.0.1:{server.server_port}", flush=True)
sys.stdin.read()
