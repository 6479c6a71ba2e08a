import Darktrace

/// What an appliance is started with.
struct ApplianceSettings: Sendable {
    var name: String
    var credentials: Credentials
    var seed: UInt64 = 1
    /// World milliseconds before which nothing was created.
    var epoch: Int64 = 0
    /// Breaches a day, suppressed ones included.
    var rate = 200.0
    /// A listener of its own, beside the common one.
    var listenAddress: String?
    var hostName: String?

    init(name: String, credentials: Credentials) {
        self.name = name
        self.credentials = credentials
    }
}
