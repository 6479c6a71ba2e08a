"""The short table of the project's README, from the rows of a report."""
COLUMNS = [(10_000, "plain"), (10_000, "gzip"), (100_000, "plain"), (100_000, "gzip")]


def summary(report):
    """Markdown; a figure that was not measured is a dash."""
    found = {(row.group, row.what): row for row in report.rows}

    def cell(group, what):
        row = found.get((group, what))
        return report.figure(row) if row else "–"

    def load(what):
        """One connection, and eight in brackets."""
        return [
            f"{cell(f'{count} series', f'{encoding}, 1 conn.: {what}')} "
            f"({cell(f'{count} series', f'{encoding}, 8 conn.: {what}')})"
            for count, encoding in COLUMNS]

    lines = [
        ["1 connection (8 connections)"] + [f"{count // 1000} 000 series, {encoding}" for count, encoding in COLUMNS],
        ["---"] * 5,
        ["scrapes per second"] + load("scrapes per second"),
        ["compared with static plain C, the physical limit"] + load("throughput against static C"),
        ["compared with client_golang"] + load("throughput against Go"),
        ["static plain C compared with client_golang"] + load("static C against Go"),
        ["compared with prometheus_client"] + load("throughput against Python"),
        ["p99 latency"] + load("p99"),
        ["p99 with 50 changes per second, divided by p99 without changes"] + [
            cell("changes", f"p99 at 50 changes/s over p99 at rest, {count} series, {encoding}")
            for count, encoding in COLUMNS],
        ["peak memory of the whole exporter"] + [
            cell("program", "peak memory, 10000 series, plain and gzip"), "same",
            cell("program", "peak memory, 100000 series, plain and gzip"),
            cell("program", "peak memory, 100000 series, gzip")],
    ]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
