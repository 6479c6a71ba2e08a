"""History for Prometheus: nine days of an appliance that no longer exists, for comparisons with the usual rate."""

import pathlib
import subprocess

# A sample every four minutes: an instant query looks back five.
STEP, DAYS = 240, 9
LABELS = 'job="darktrace",instance="exporter:13947",appliance="archive"'
#: Model, category, breaches a day, score.
MODELS = (
    ("Device::Attack and Recon Tools", "suspicious", 24, 0.65),
    ("Compromise::Watched Domain", "critical", 4, 0.55),
    ("Compliance::File Storage", "compliance", 48, 0.25),
    ("System::System", "informational", 12, 0.35),
)
BOUNDS = [round(0.1 * number, 1) for number in range(1, 11)]


def lines(end: int) -> list[str]:
    """OpenMetrics with a timestamp on each sample."""
    times = range(end - DAYS * 86400, end, STEP)
    totals, categories, scores = [], [], []
    for model, category, a_day, score in MODELS:
        for time in times:
            count = (time - times[0]) * a_day // 86400
            totals.append(
                f'darktrace_model_breaches_total{{{LABELS},model="{model}",category="{category}"}} {count} {time}'
            )
        for bound in (*BOUNDS, float("inf")):
            le = "+Inf" if bound == float("inf") else str(bound)
            for time in times:
                count = (time - times[0]) * a_day // 86400 if bound >= score else 0
                scores.append(
                    f'darktrace_model_breach_score_bucket{{{LABELS},category="{category}",le="{le}"}} {count} {time}'
                )
        for time in times:
            count = (time - times[0]) * a_day // 86400
            scores.append(f'darktrace_model_breach_score_count{{{LABELS},category="{category}"}} {count} {time}')
            scores.append(f'darktrace_model_breach_score_sum{{{LABELS},category="{category}"}} {count * score} {time}')
            categories.append(
                f'darktrace_model_breaches_by_category_total{{{LABELS},category="{category}"}} {count} {time}')
    return [
        "# TYPE darktrace_model_breaches counter", *totals,
        "# TYPE darktrace_model_breaches_by_category counter", *categories,
        "# TYPE darktrace_model_breach_score histogram", *scores,
        "# EOF", "",
    ]  # fmt: skip


def write(folder: pathlib.Path, now: float) -> pathlib.Path:
    """TSDB blocks with the history up to three hours ago."""
    end = int(now) // 3600 * 3600 - 3 * 3600
    text, data = folder / "history.txt", folder / "data"
    text.write_text("\n".join(lines(end)))
    data.mkdir()
    # One block instead of a hundred, with an undocumented flag of promtool.
    longest = f"--max-block-duration={DAYS * 24 + 24}h"
    command = ["promtool", "tsdb", "create-blocks-from", longest, "openmetrics", "--quiet", str(text), str(data)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise AssertionError(result.stdout + result.stderr)
    return data
