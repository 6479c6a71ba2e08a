import Values

/// The static labels that the configuration adds to every series of an appliance.
enum ApplianceLabels {
    /// The key of the mapping.
    static let key = "labels"
    /// Of one appliance, together with the global ones; Prometheus refuses series with more than a configured number.
    static let countLimit = 16
    /// The length of a value in bytes.
    static let valueLimit = 256

    /// Names that the exporter uses, or may use in a later version.
    ///
    /// A series with two labels of one name makes Prometheus reject the whole scrape, so these are never available. Among
    /// them is `replica`: labels are added to every series of an appliance, and which of several exporters holds an
    /// appliance is to be a series with the labels `appliance` and `replica`.
    static let reserved: Set<String> = [
        "action", "address", "appliance", "bundle_version", "category", "code", "destination", "device", "direction",
        "external_url", "feed", "file", "hostname", "interface", "kind", "label", "license", "master", "model",
        "model_package_version", "mount", "origin", "path", "phase", "platform", "probe", "protocol", "reason",
        "replica", "result", "revision", "severity", "source", "state", "status", "swift_version", "tactic",
        "technique",
        "transport", "type", "url", "version", "window",
    ]
    /// Names that Prometheus, or the exposition format, gives to every series or bucket.
    static let ofPrometheus: Set<String> = ["job", "instance", "le", "quantile"]
    /// Names that discovery in Kubernetes and fleets of Prometheus usually set, so that the configured value is renamed.
    static let overwritten: Set<String> = [
        "namespace", "pod", "container", "service", "endpoint", "cluster", "node",
    ]

    /// Reads the mapping; adds what is wrong with it.
    static func read(_ value: ValueReader, into draft: inout ApplianceDraft, findings: inout Findings) {
        guard !value.node.isNothing else { return }
        guard case .mapping(let entries) = value.node.content else {
            findings.add(value.error("must be labels with values, like site: london"))
            return
        }
        var labels: [String: String] = [:]
        for entry in entries {
            let label = value.child(entry, isKnown: isName(entry.key))
            findings.collect { () throws(ConfigurationError) in labels[entry.key] = try text(label, named: entry.key) }
            if overwritten.contains(entry.key) {
                findings.warn(
                    label.place,
                    "service discovery usually sets this label as well, and Prometheus then renames this one to "
                        + "exported_\(entry.key); choose another name")
            }
        }
        draft.changes.append { [labels] in $0.presentation.labels.merge(labels) { $1 } }
    }

    private static func text(_ label: ValueReader, named name: String) throws(ConfigurationError) -> String {
        guard isName(name) else {
            throw label.error("is no name of a label; write letters, digits and _, no digit first and no __ first")
        }
        if ofPrometheus.contains(name) {
            throw label.error("is a label that Prometheus sets; choose another name")
        }
        if reserved.contains(name) {
            throw label.error("is a label of the exporter, now or in a later version; choose another name")
        }
        let text = try label.text("a value")
        guard text.utf8.count <= valueLimit else { throw label.error("is longer than \(valueLimit) bytes") }
        return text
    }

    /// What is wrong with the labels of an appliance as a whole; nil if nothing is.
    static func problem(of labels: [String: String]) -> String? {
        guard labels.count > countLimit else { return nil }
        return "has \(labels.count) labels with the global ones; the maximum is \(countLimit)"
    }

    /// The names that Prometheus allows in a configuration.
    private static func isName(_ text: String) -> Bool {
        guard let first = text.utf8.first, !(0x30...0x39).contains(first), !text.hasPrefix("__") else { return false }
        return text.utf8.count <= 64
            && text.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "_"): true
                default: false
                }
            }
    }
}

/// The licence limits of an appliance, which its API does not state.
enum LicenseLimits {
    /// The key of the mapping.
    static let key = "license_limits"

    private static let range = 1...1_000_000_000

    /// Reads the mapping; adds what is wrong with it.
    static func read(_ value: ValueReader, into draft: inout ApplianceDraft, findings: inout Findings) {
        let kinds = Settings.LicenseKind.allCases
        let keys = MappingReader.KeySet(names: kinds.map(\.rawValue), elsewhere: [])
        guard let mapping = MappingReader(value, keys, findings: &findings) else { return }
        for kind in kinds {
            guard let value = mapping.value(kind.rawValue),
                let limit = findings.collect({ () throws(ConfigurationError) in try value.count(range) })
            else { continue }
            draft.changes.append { $0.presentation.licenseLimits[kind] = limit }
        }
    }
}
