/// `GET /status`: the appliance's own state, and that of what feeds it.
package struct StatusRequest: APIRequest, Equatable {
    package static let path = "/status"

    package var path: String { Self.path }
    /// The required permission is not documented.
    package var permissionHint: Hint? { .status }

    /// A master answers with some ten kilobytes; a Unified View with all its masters, probes and their subnets.
    package static let limit = 8 << 20

    package init() {}

    /// `fast` asks for what the appliance knows without probing its subnets anew, `includechildren` for probes and
    /// masters.
    package var target: String { "\(Self.path)?fast=true&includechildren=true" }

    /// Reads the one object.
    package func makeReader(_ onElement: @escaping @Sendable (Status) -> Bool) -> any ResponseReader {
        ObjectReader(limit: Self.limit, onElement)
    }
}
