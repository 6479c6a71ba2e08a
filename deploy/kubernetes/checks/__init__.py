"""Checks of the chart: objects, rules, refused values, and the real exporter and Prometheus with what it renders."""
