"""PromQL expressions that several panels share.

Three rules hold everywhere. Replicas of one exporter are folded first, by the maximum, so that two exporters of one
appliance, or an exporter with a new address, are one series. Labels that people attach stay. A count is a difference
between a counter and its own past, because the exposed counters never decrease and survive restarts: it is a whole
number, it is right across a gap, and it reads single samples where increase() reads a whole window. Where the rules are
loaded, the counts that they record come first; counts.py has their complete expression.
"""

from .settings import Settings

#: Matchers of metrics of the exporter itself.
EXPORTER = 'job=~"$job", instance=~"$instance"'
CATEGORY = 'category=~"$category"'
CRITICAL = 'category="critical"'
MODEL = 'model=~"$model"'
#: Lengths of the past that a usual day is the mean of, the longest first.
DAYS = (28, 21, 14, 7, 3, 1)


class Queries:
    """Expressions for one set of settings."""

    def __init__(self, settings: Settings):
        self.variables = settings.labels["variables"]
        #: Matchers of the labels that people attach, after others.
        self.attached = "".join(f', {label}=~"${label}"' for label in self.variables)
        #: Matchers of every metric of an appliance.
        self.scope = f'{EXPORTER}, appliance=~"$appliance"{self.attached}'
        self.replica = settings.replicas

    def firing(self) -> str:
        """The firing alerts of the selected appliances, and of exporters, which have neither an appliance nor its labels."""
        attached = "".join(f', {label}=~"${label}|"' for label in self.variables)
        alerts = 'alertname=~"Darktrace.+", alertstate="firing", job=~"$job", appliance=~"$appliance|"'
        return f"ALERTS{{{alerts}{attached}}}"

    def of(self, metric: str, *matchers: str) -> str:
        """A selector of a metric of an appliance, restricted by the variables."""
        return f"{metric}{{{', '.join((*matchers, self.scope))}}}"

    def own(self, metric: str, *matchers: str) -> str:
        """A selector of a metric of the exporter."""
        return f"{metric}{{{', '.join((*matchers, EXPORTER))}}}"

    def folded(self, value: str, *drop: str, by: str = "max") -> str:
        """One series for each appliance, whatever the number of replicas; labels to drop are folded as well."""
        return f"{by} without ({', '.join((self.replica, *drop))}) ({value})"

    def each(self, metric: str, *matchers: str, drop: tuple[str, ...] = (), by: str = "max") -> str:
        """The folded values of a gauge."""
        return self.folded(self.of(metric, *matchers), *drop, by=by)

    def age(self, metric: str, *matchers: str, drop: tuple[str, ...] = ()) -> str:
        """The seconds since the earliest of the time stamps."""
        return f"time() - {self.each(metric, *matchers, drop=drop, by='min')}"

    def total(self, *matchers: str, ago: str = "") -> str:
        """All breaches by category."""
        since = f" offset {ago}" if ago else ""
        return self.folded(self.of("darktrace_model_breaches_by_category_total", *matchers) + since)

    def known(self, *matchers: str, ago: str = "") -> str:
        """The same, also of exporters before 0.2: they have the counter of scores only, which was complete then."""
        since = f" offset {ago}" if ago else ""
        older = self.folded(self.of("darktrace_model_breach_score_count", *matchers) + since)
        return f"({self.total(*matchers, ago=ago)} or {older})"

    def breaches(self, window: str, *matchers: str, by: str = "", ago: str = "") -> str:
        """Breaches in a window of hours or days; of the part that Prometheus knows if it knows only a part."""
        return f"sum{f' by ({by})' if by else ''} ({self.since(window, *matchers)})"

    def since(self, window: str, *matchers: str) -> str:
        """The same for each appliance and category, with all labels that people attached."""
        past = f"({self.known(*matchers, ago=window)} or min_over_time({self.known(*matchers)}[{window}:5m]))"
        recorded = self.of(f"appliance_category:darktrace_model_breaches:count{window}", *matchers)
        return f"{recorded} or clamp_min({self.known(*matchers)} - {past}, 0)"

    def in_step(self, *matchers: str, by: str = "category") -> str:
        """Breaches in each interval of a graph. Those of a gap of up to six hours are in the interval that ends it.

        The steps of a subquery are those of UTC, the intervals of a graph those of the viewer: only a gap needs one.
        """
        before_gap = f"last_over_time({self.total(*matchers)}[6h:$__interval] offset $__interval)"
        return summed(f"{self.total(*matchers)} - ({self.total(*matchers, ago='$__interval')} or {before_gap})", by)

    def hourly(self, *matchers: str, by: str = "", ago: str = "") -> str:
        """Breaches in the hour before each point of a graph."""
        earlier = f"{hours(ago) + 1 if ago else 1}h"
        since = f" offset {ago}" if ago else ""
        recorded = self.of("appliance_category:darktrace_model_breaches:count1h", *matchers) + since
        difference = f"clamp_min({self.total(*matchers, ago=ago)} - {self.total(*matchers, ago=earlier)}, 0)"
        return f"sum{f' by ({by})' if by else ''} ({recorded} or {difference})"

    def usual(self, *matchers: str, by: str = "") -> str:
        """Breaches on a usual day: the mean of the days before today, as many of 28 as there are."""
        return f"sum{f' by ({by})' if by else ''} ({self.usual_each(*matchers)})"

    def usual_each(self, *matchers: str) -> str:
        """The same for each appliance and category."""
        return averaged(lambda ago: self.known(*matchers, ago=ago))

    def models(self, ago: str = "") -> str:
        """All breaches by model."""
        since = f" offset {ago}" if ago else ""
        return self.folded(self.of("darktrace_model_breaches_total", CATEGORY, MODEL) + since)

    def model_breaches(self, window: str, by: str = "model, category") -> str:
        """Breaches by model in a window. A model that is new on a known appliance counts from 0."""
        known = self.folded(self.of("darktrace_model_breaches_total") + f" offset {window}", "model", "category")
        fresh = f"(0 * {self.models()} and ignoring (model, category) {known})"
        past = f"({self.models(window)} or {fresh} or min_over_time({self.models()}[{window}:1h]))"
        recorded = self.of(f"appliance_model:darktrace_model_breaches:count{window}", CATEGORY, MODEL)
        return f"sum by ({by}) ({recorded} or clamp_min({self.models()} - {past}, 0))"

    def usual_models(self, by: str = "model, category") -> str:
        """Breaches by model on a usual day."""
        return f"sum by ({by}) ({averaged(self.models)})"

    def usual_of(self, some: str, by: str = "model, category") -> str:
        """Breaches on a usual day of some of the models; -1 for one that was not known a day ago, on an appliance that was.

        Nothing for one whose history is too short for a mean.
        """
        known = f"sum by (appliance) ({self.folded(self.of('darktrace_model_breaches_total') + ' offset 1d')})"
        fresh = f"0 * {some} - 1 unless on ({by}) (sum by ({by}) ({self.models('1d')}) > 0) and on (appliance) {known}"
        return f"{self.usual_models(by)} and on ({by}) {some} or {fresh}"

    def new_models(self) -> str:
        """The number of models that breached and were not known a day ago, on appliances that were."""
        now, then = self.models(), self.models("1d")
        known = self.folded(self.of("darktrace_model_breaches_total") + " offset 1d", "model", "category")
        fresh = f"count(({now} > 0) unless ({then} > 0) and ignoring (model, category) {known})"
        return f"{fresh} or 0 * count({now})"

    def grown(self, metric: str, window: str, *matchers: str) -> str:
        """How much each counter grew in the window before each point of a graph; a younger one since its first sample."""
        value, since = self.of(metric, *matchers), f" offset {window}"
        now = self.folded(value)
        # The first point of a counter has no past at all, and is shown as 0.
        past = f"{self.folded(value + since)} or min_over_time({now}[{window}:$__interval]) or {now}"
        return f"clamp_min({now} - ({past}), 0)"

    def buckets(self, histogram: str, window: str, *matchers: str) -> str:
        """The observations in a window by bucket, of all appliances together."""
        bucket = self.of(f"{histogram}_bucket", *matchers)
        return f"sum by (le) (clamp_min({self.folded(bucket)} - {self.folded(f'{bucket} offset {window}')}, 0))"

    def quantile(self, share: float, histogram: str, window: str, *matchers: str) -> str:
        """A quantile of a histogram over a window, of all appliances together."""
        return f"histogram_quantile({share}, {self.buckets(histogram, window, *matchers)})"

    def quantile_of_days(self, share: float, histogram: str, window: str, *matchers: str, step="$__interval") -> str:
        """The same over a window of days; since the first sample of an appliance that is known for a shorter time.

        Step is that of the points of a graph; a single number has none.
        """
        bucket = self.of(f"{histogram}_bucket", *matchers)
        now = self.folded(bucket)
        # Steps of an hour keep the query cheap; the finer ones are for the first hour.
        earliest = f"min_over_time({now}[{window}:1h]) or min_over_time({now}[1h:{step}])"
        grown = f"clamp_min({now} - ({self.folded(f'{bucket} offset {window}')} or {earliest}), 0)"
        return f"histogram_quantile({share}, sum by (le) ({grown}))"

    def recent_quantile(self, share: float, histogram: str, *matchers: str) -> str:
        """The same over the last hour, or over what is known of it; nothing while no exporter is scraped."""
        bucket = self.of(f"{histogram}_bucket", *matchers)
        quantile = f"histogram_quantile({share}, sum by (le) ({self.folded(f'increase({bucket}[1h])')}))"
        return f"{quantile} and on () count({self.of('darktrace_up')})"

    def worst(self, value: str, count: int = 10) -> str:
        """The series with the highest values at the end of the time range, so that the choice does not change."""
        return f"{value} and topk({count}, last_over_time(({value})[1m:15s] @ end()))"


def hours(duration: str) -> int:
    """The hours of a duration of whole hours, days or weeks."""
    return int(duration[:-1]) * {"h": 1, "d": 24, "w": 168}[duration[-1]]


def summed(difference: str, by: str = "") -> str:
    """The sum of differences of counters; a counter that is lower than before belongs to a new ledger, and counts 0."""
    return f"sum{f' by ({by})' if by else ''} (clamp_min({difference}, 0))"


def averaged(at) -> str:
    """The mean increase per day of the longest known number of days before today; at gives a counter some time ago."""
    spans = " or ".join(f"({at('1d')} - {at(f'{days + 1}d')}) / {days}" for days in DAYS)
    return f"clamp_min({spans}, 0)"
