package import Configuration
import Locking
package import Metrics

/// What the configuration says of each appliance: families of its own, and the labels of every series of the appliance.
package final class ConfigurationMetrics: Sendable {
    private let state = Locked(State())

    private struct State {
        var entries: [String: Entry] = [:]
        var changes: UInt64 = 0
    }

    private struct Entry {
        /// Nil when the appliance is not configured any more.
        var settings: Settings.Appliance?
        /// The configured labels, rendered once.
        var labels: Labels
        var revision: UInt64
    }

    /// Has no appliance yet.
    package init() {}

    /// Replaces the configured appliances, the disabled ones included.
    ///
    /// The labels of one that was removed stay until its poller has ended and `remove` is called: until then a scrape may
    /// still see its series, which must not change their identity.
    package func update(_ appliances: [Settings.Appliance]) {
        let settings = Dictionary(appliances.map { ($0.name, $0) }) { first, _ in first }
        state.withLock { state in
            state.changes += 1
            for name in Set(state.entries.keys).union(settings.keys) {
                let appliance = settings[name]
                if let known = state.entries[name], known.settings == appliance { continue }
                let labels = appliance.map(Self.labels) ?? state.entries[name]?.labels ?? .none
                state.entries[name] = Entry(settings: appliance, labels: labels, revision: state.changes)
            }
        }
    }

    /// Forgets an appliance whose series are not exposed any more, unless it is configured.
    package func remove(_ name: String) {
        state.withLock { state in
            if state.entries[name]?.settings == nil { state.entries[name] = nil }
        }
    }

    /// The configured appliances by name, the disabled ones included.
    package var appliances: [Settings.Appliance] {
        state.withLock { $0.entries.values.compactMap(\.settings) }.sorted { $0.name < $1.name }
    }

    /// The names of the appliances that are configured and disabled.
    package var disabled: Set<String> { Set(appliances.lazy.filter { !$0.isEnabled }.map(\.name)) }

    /// The appliances of which there may be series, in any order.
    package var names: [String] { state.withLock { Array($0.entries.keys) } }

    /// Increases with each change of the configuration of the appliance.
    package func revision(of name: String) -> UInt64 { state.withLock { $0.entries[name]?.revision ?? 0 } }

    /// The configured labels of an appliance; nil without any.
    package func labels(of name: String) -> Labels? {
        let labels = state.withLock { $0.entries[name]?.labels }
        return labels == Labels.none ? nil : labels
    }

    /// The configured labels of all appliances by name.
    package var labels: [String: Labels] { state.withLock { $0.entries.mapValues(\.labels) } }

    /// The families that show the configuration of an appliance, without the configured labels.
    package func collect(_ name: String) -> [MetricFamily] {
        guard let settings = state.withLock({ $0.entries[name]?.settings }) else { return [] }
        let url = settings.presentation.uiURL ?? WebURL(settings.url)
        let limits = settings.presentation.licenseLimits.map { kind, limit in
            Series(Labels(Self.licenseLimit.labelNames, [name, kind.rawValue]), .number(Double(limit)))
        }
        return [
            MetricFamily(
                Self.enabled, [Series(Labels(["appliance"], [name]), .number(settings.isEnabled ? 1 : 0))]),
            MetricFamily(Self.uiInfo, [Series(Labels(Self.uiInfo.labelNames, [name, "\(url)"]), .number(1))]),
            MetricFamily(Self.licenseLimit, SeriesTable(limits).sorted()),
        ]
    }

    private static func labels(of appliance: Settings.Appliance) -> Labels {
        let sorted = appliance.presentation.labels.sorted { $0.key < $1.key }
        return Labels(sorted.map(\.key), sorted.map(\.value))
    }
}

extension ConfigurationMetrics {
    package static let enabled = Descriptor(
        "darktrace_appliance_enabled", .gauge, labels: ["appliance"],
        help: "Whether the appliance is enabled in the configuration (1 = yes); a disabled one is not polled.")
    package static let uiInfo = Descriptor(
        "darktrace_appliance_ui_info", .info, labels: ["appliance", "url"],
        help: "Address at which people open the appliance, for links; the value is always 1.")
    package static let licenseLimit = Descriptor(
        "darktrace_appliance_license_limit", .gauge, labels: ["appliance", "kind"],
        help: "Configured limit of the licence by what it counts; absent where none is configured.")

    /// The families of this type.
    package static let all = [enabled, uiInfo, licenseLimit]
}
