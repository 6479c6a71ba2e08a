package import Darktrace

/// What an appliance is started with.
package struct ApplianceSettings: Sendable {
    package var name: String
    package var credentials: Credentials
    package var seed: UInt64 = 1
    /// World milliseconds before which nothing was created.
    package var epoch: Int64 = 0
    /// Breaches a day, suppressed ones included.
    package var rate = 200.0
    /// A listener of its own, beside the common one.
    package var listenAddress: String?
    package var hostName: String?

    package init(name: String, credentials: Credentials) {
        self.name = name
        self.credentials = credentials
    }
}
