import Darktrace
import Metrics

/// An endpoint that tells how things stand now: one request, and the families that its answer becomes.
protocol GaugeEndpoint: Sendable {
    associatedtype Request: APIRequest

    static var request: Request { get }

    /// The families of an answer, each label set once and with all that is known and nothing that is not.
    static func families(of appliance: String, _ content: Request.Content) -> [MetricFamily]

    /// What the answer had more of than is shown.
    static func truncations(of content: Request.Content) -> [Truncation]
}

/// Something that an answer has more of than is shown.
package struct Truncation: Sendable, Equatable {
    /// In a word, such as `probes`.
    package let part: String
    package let count: Int
    package let limit: Int

    package init(_ part: String, count: Int, limit: Int) {
        self.part = part
        self.count = count
        self.limit = limit
    }
}
