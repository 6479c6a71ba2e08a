/// `GET /status`: the appliance's own state, and that of what feeds it.
package struct StatusRequest: APIRequest, Equatable {
    package static let path = "/status"
    /// Nobody has written down which right it takes.
    package static let hint: Hint? = .status

    /// A master answers with some ten kilobytes; a Unified View with all its masters, probes and their subnets.
    package static let limit = 8 << 20

    package init() {}

    /// `fast` asks for what the appliance knows without probing its subnets anew, `includechildren` for probes and
    /// masters.
    package var target: String { "\(Self.path)?fast=true&includechildren=true" }

    /// Reads the one object.
    package func intake(_ take: @escaping @Sendable (Status) -> Bool) -> any ResponseReader {
        ObjectReader(limit: Self.limit, take)
    }
}
