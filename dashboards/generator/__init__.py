"""Makes the files that Prometheus and Grafana load, from settings.yml."""
