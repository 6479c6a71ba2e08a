import Darktrace
import Logging

/// The log line of one counted model breach: only what its record has, under keys that never change.
enum BreachLog {
    /// The message of every line, by which a query finds them.
    static let message = "Model breach"

    /// The fields of a line; the writer of the log escapes their values.
    static func fields(_ breach: ModelBreach, of appliance: String) -> [(key: String, value: String)] {
        let details = breach.details
        let tactics = details?.tactics ?? []
        let fields: [(key: String, value: String?)] = [
            ("appliance", appliance),
            ("pbid", "\(breach.id)"),
            ("model", breach.lacksName ? nil : breach.model),
            ("category", breach.category.rawValue),
            ("score", breach.score.map { "\($0)" }),
            ("created", breach.creationMilliseconds.map(UTC.text)),
            ("activity", breach.activityMilliseconds.map(UTC.text)),
            ("did", details?.deviceID.map { "\($0)" }),
            ("hostname", details?.hostname),
            ("ip", details?.address),
            ("mac", details?.macAddress),
            ("subnet", details?.subnetID.map { "\($0)" }),
            ("device_label", details?.deviceLabel),
            ("device_type", details?.deviceType),
            ("tactics", tactics.isEmpty ? nil : tactics.joined(separator: ",")),
        ]
        return fields.compactMap { key, value in value.map { (key, $0) } }
    }
}
