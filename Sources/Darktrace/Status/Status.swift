/// What `/status` tells, as far as it is shown. Nil is unknown, which is not 0.
package struct Status: Sendable, Equatable {
    /// The appliance that answered: a master, or a Unified View.
    package var system = SystemStatus()
    /// When licences end, in milliseconds since 1970, by the API's name of each; one that never was is missing.
    package var licenseEnds: [String: Int64] = [:]
    /// When the models were last updated, in milliseconds since 1970.
    package var modelsUpdatedMilliseconds: Int64?
    /// When traffic of a protocol was last seen, in milliseconds since 1970.
    package var protocolsSeenMilliseconds: [String: Int64] = [:]
    /// Devices seen within a window.
    package var activeDevices: [Window: Double] = [:]
    /// Devices first seen within a window.
    package var newDevices: [Window: Double] = [:]
    package var isAntigenaEnabled: Bool?
    package var isAntigenaRunning: Bool?
    /// By the key that the API gives them: a number, or an address in old versions.
    package var probes: [String: SystemStatus] = [:]
    /// Of a Unified View, by number or name.
    package var masters: [String: Master] = [:]
    /// What there was more of than is kept, and how many there were.
    package var dropped: [Part: Int] = [:]

    package init() {}

    /// A master behind a Unified View.
    package struct Master: Sendable, Equatable {
        package var system = SystemStatus()
        package var probes: [String: SystemStatus] = [:]

        package init() {}
    }

    /// The windows that devices are counted over, by the label they get.
    package enum Window: String, Sendable, CaseIterable {
        case hour = "1h"
        case day = "24h"
        case week = "7d"
        case month = "4w"
    }

    /// What there may be many of.
    package enum Part: String, Sendable, CaseIterable {
        case probes, masters, interfaces, mounts, licenses, protocols

        /// How many are kept: of probes all together, of interfaces and mounts of the appliance itself.
        package var limit: Int { self == .probes ? 256 : 64 }
    }
}

/// What an appliance, a probe or a master tells of itself. Nil is unknown, which is not 0.
package struct SystemStatus: Sendable, Equatable {
    package var hostname: String?
    package var label: String?
    package var address: String?
    /// `master`, `unifiedView`, `vSensor`, `probe` and more.
    package var type: String?
    package var version: String?
    package var modelPackageVersion: String?
    package var bundleVersion: String?
    package var uptimeSeconds: Double?

    /// It cannot be reached, says the appliance that was asked.
    package var hasFailed = false
    /// In milliseconds since 1970; told of what has failed.
    package var lastContactMilliseconds: Int64?

    // From 0 to 1; a load may be beyond.
    package var cpu: Double?
    package var load: Double?
    package var memory: Double?
    package var diskUtilization: Double?
    /// By mount as the API names it; the one without a name is `/`.
    package var diskSpace: [String: Double] = [:]

    package var dataQueueSeconds: Double?
    package var darkflowQueueSeconds: Double?
    package var hasExcessTraffic: Bool?
    /// In the last ten minutes.
    package var bytesPerSecond: Double?
    /// As far as it was looked at.
    package var processedBytesPerSecond: Double?
    package var connectionsPerSecond: Double?
    package var interfaces: [String: Interface] = [:]

    package init() {}

    /// One network interface.
    package struct Interface: Sendable, Equatable {
        package var isUp: Bool?
        /// Since some start of the appliance.
        package var receivedBytes: Double?
        package var transmittedBytes: Double?

        package init() {}
    }
}
