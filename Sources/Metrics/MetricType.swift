/// What a family measures, in the terms of the exposition formats.
package enum MetricType: Sendable, Hashable {
    /// Only grows; its samples end in `_total`.
    case counter
    /// Goes up and down.
    case gauge
    /// Counts observations up to each bound, in ascending order, without the implied `+Inf`.
    case histogram(bounds: [Double])
    /// Facts as labels, the value always 1; the name ends in `_info`.
    case info
    /// One of several named states is on.
    case stateSet
    /// Nothing is known of it.
    case unknown
}
