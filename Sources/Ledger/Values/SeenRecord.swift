/// A record that was counted: its id and when it was created (else when its activity was).
///
/// Ids start over when an appliance is reset, so one id may stand for several records at different times.
package struct SeenRecord: Hashable, Sendable {
    /// Any `Int64`, negative ones included.
    package let id: Int64
    /// Milliseconds since 1970.
    package let milliseconds: Int64

    package init(id: Int64, milliseconds: Int64) {
        self.id = id
        self.milliseconds = milliseconds
    }

    /// How far apart, in milliseconds, two times of one id may be and still mean the same record.
    package static let tolerance: Int64 = 60_000
}
