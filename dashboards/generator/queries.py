"""PromQL expressions that several panels share."""

#: Matchers of every metric of an appliance.
SCOPE = 'job=~"$job", instance=~"$instance", appliance=~"$appliance"'
#: Matchers of metrics of the exporter.
EXPORTER = 'job=~"$job", instance=~"$instance"'


def of(metric: str, *matchers: str, scope: str = SCOPE) -> str:
    """A selector of the metric, restricted by the variables."""
    return f"{metric}{{{', '.join((*matchers, scope))}}}"


def breaches(window: str, *matchers: str, by: str = "", offset: str = "") -> str:
    """Breaches counted in a window. Two exporters of one appliance both count all breaches: max first, then sum."""
    ago = f" offset {offset}" if offset else ""
    each = f"increase({of('darktrace_model_breaches_by_category_total', *matchers)}[{window}]{ago})"
    return f"sum{f' by ({by})' if by else ''} (max by (appliance, category) ({each}))"


def model_breaches(window: str, by: str) -> str:
    """The same from the counter with the label model and with exemplars."""
    each = f"increase({of('darktrace_model_breaches_total')}[{window}])"
    return f"sum by ({by}) (max by (appliance, model, category) ({each}))"


def quantile(share: float, histogram: str, window: str, by: str = "appliance") -> str:
    """A quantile of a histogram, restricted by the variables."""
    buckets = f"increase({of(f'{histogram}_bucket')}[{window}])"
    return f"histogram_quantile({share}, sum by (le) (max by ({by}, le) ({buckets})))"
