/// Which part of the past `backfill` is to write, and how.
package struct BackfillOptions: Sendable, Equatable {
    /// In milliseconds since 1970; nil begins at the ledger's start.
    package var startMilliseconds: Int64?
    /// In milliseconds since 1970; nil is chosen by the clock.
    package var endMilliseconds: Int64?
    /// From one sample of a series to the next; at least a second.
    package var stepMilliseconds: Int64 = 300_000
    /// Labels that every series has besides its own; no name stands twice.
    package var labels: [ExtraLabel] = []
    /// Where live counters begin that go on from what is written; no appliance stands twice.
    package var ledgerStarts: [LedgerStart] = []

    /// The defaults.
    package init() {}

    /// A label that a scrape would add.
    package struct ExtraLabel: Sendable, Equatable {
        package let name: String
        package let value: String

        /// Checks nothing.
        package init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// The value of `darktrace_ledger_start_timestamp_seconds` of one appliance.
    package struct LedgerStart: Sendable, Equatable {
        /// Nil means the only appliance there is.
        package let appliance: String?
        /// Since 1970.
        package let milliseconds: Int64

        /// Checks nothing.
        package init(appliance: String?, milliseconds: Int64) {
            self.appliance = appliance
            self.milliseconds = milliseconds
        }
    }
}
