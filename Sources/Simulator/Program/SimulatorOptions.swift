package import Darktrace

/// What the program is started with.
package struct SimulatorOptions: Sendable {
    /// HTTPS for all appliances.
    package var listenAddress = "127.0.0.1:13948"
    /// Plain HTTP for the control path; loopback only.
    package var controlAddress = "127.0.0.1:13949"
    /// Where the authority's certificate is written, for clients to trust.
    package var caFile: String? = "darktrace-simulator-ca.pem"
    /// Where commands of the control path are kept, to hold again after a restart.
    package var journal: String?
    /// What everything is drawn from.
    package var seed: UInt64 = 1
    /// Breaches a day of each appliance that does not say otherwise.
    package var rate = 200.0
    /// How far back breaches reach at the start, in milliseconds.
    package var history: Int64 = 30 * 86_400_000
    /// World milliseconds before which nothing was created; by default the start of today less the history.
    package var epoch: Int64?
    /// World seconds in a real second.
    package var speed = 1.0
    /// World milliseconds at the start; by default the machine's time.
    package var clockStart: Int64?
    /// Faults that hold from the epoch on.
    package var faults: [FaultSetting] = []
    /// Empty for the two of the demonstration.
    package var appliances: [ApplianceOption] = []

    /// An appliance as the command line names it.
    package struct ApplianceOption: Sendable {
        /// How it is called in flags, on the control path and by the oracle.
        package var name: String
        /// Its token pair.
        package var credentials: Credentials
        /// Breaches a day; nil for the common rate.
        package var rate: Double?
        /// nil for the common seed.
        package var seed: UInt64?
        /// A listener of its own, beside the common one.
        package var listenAddress: String?
        /// What its links carry; nil for its name under `.example`.
        package var hostName: String?

        /// Takes the three parts that every appliance has.
        package init(name: String, publicToken: String, privateToken: String) {
            self.name = name
            credentials = Credentials(publicToken: publicToken, privateToken: privateToken)
        }
    }

    /// The defaults, for the two appliances of the demonstration.
    package init() {}

    /// The appliances of a demonstration; their tokens are documented and protect nothing.
    static let demonstration = [
        ApplianceOption(
            name: "hq", publicToken: "1111111111111111111111111111111111111111",
            privateToken: "2222222222222222222222222222222222222222"),
        ApplianceOption(
            name: "branch", publicToken: "3333333333333333333333333333333333333333",
            privateToken: "4444444444444444444444444444444444444444"),
    ]

    /// The settings of every appliance, everything decided.
    ///
    /// - Parameter now: World milliseconds at the start.
    func applianceSettings(now: Int64) -> [ApplianceSettings] {
        let today = CivilTime.floorDivide(now, 86_400_000) * 86_400_000
        return (appliances.isEmpty ? Self.demonstration : appliances).map { option in
            var settings = ApplianceSettings(name: option.name, credentials: option.credentials)
            settings.seed = option.seed ?? seed
            settings.rate = option.rate ?? rate
            settings.epoch = epoch ?? (today - history)
            settings.listenAddress = option.listenAddress
            settings.hostName = option.hostName ?? "\(option.name).example"
            return settings
        }
    }
}
