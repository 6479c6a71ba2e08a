import Darktrace
import Metrics

/// What a gauge feed requests, and the metrics that the response becomes.
package struct GaugeTable: Sendable {
    let path: String
    let query: Query
    let permissionHint: Hint?
    let response: GaugeResponse
    package let metrics: [GaugeMetric]
    /// Requests that the same poll sends afterwards.
    var further: [GaugeTable] = []
    /// Whether the response to the first request of the poll, nil if it failed, makes this one worth sending.
    var isNeeded: @Sendable (Fold?) -> Bool = { _ in true }

    /// The query of a poll, without `?`.
    typealias Query = @Sendable (QueryWindow) -> String

    func request(_ window: QueryWindow) -> GaugeRequest<GaugeReading> {
        GaugeRequest(path: path, query: query(window), permissionHint: permissionHint, response: response) {
            [metrics] in GaugeReading($0, metrics)
        }
    }

    /// The values of a response: of an object, or added up over all elements of a list.
    struct Fold: Sendable {
        private let metrics: [GaugeMetric]
        private var values: [GaugeValues]
        private(set) var truncations: [Truncation] = []
        private(set) var unreadable = UnreadableFields()

        init(_ table: GaugeTable) {
            metrics = table.metrics
            values = table.metrics.map(\.initialValues)
        }

        mutating func add(_ element: Result<GaugeReading, UnreadableRecord>) {
            guard case .success(let reading) = element else { return }
            for (index, element) in reading.values.enumerated() { metrics[index].fold(element, into: &values[index]) }
            truncations += reading.truncations
            unreadable.add(reading.unreadable)
        }

        /// The value of one series, by the labels that follow `appliance`.
        func value(of name: String, _ labels: [String]) -> Double? {
            metrics.firstIndex { $0.descriptor.name == name }.flatMap { values[$0][labels] }
        }

        /// The values of the labels that follow `appliance`, of each series of a family, in order.
        func labels(of name: String) -> [[String]] {
            guard let index = metrics.firstIndex(where: { $0.descriptor.name == name }) else { return [] }
            return values[index].labels.sorted { $0.lexicographicallyPrecedes($1) }
        }

        /// The family of each metric.
        ///
        /// - Parameter last: Those of the last poll.
        func families(of appliance: String, after last: [MetricFamily?]) -> [MetricFamily?] {
            let labels = Labels(["appliance"], [appliance])
            return metrics.indices.map { index in
                metrics[index].family(of: labels, values[index], after: index < last.count ? last[index] : nil)
            }
        }
    }
}
