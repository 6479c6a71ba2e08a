package import Darktrace

/// One appliance and how it is to be polled; all durations are in seconds.
package struct PollConfiguration: Sendable {
    /// The value of the label `appliance`, and the key of its ledger.
    package var name: String
    package var pollInterval = 60.0
    /// From one poll of the appliance's own state to the next; 0 is never.
    package var statusInterval = 60.0
    /// How much before the cursor each poll asks again.
    package var overlap = 900.0
    /// How far back the first run counts; later runs have the ledger's start.
    package var initialLookback = 2_592_000.0
    package var recheckInterval = 3_600.0
    /// How late an appliance may list a record so that it is counted for certain.
    package var recheckWindow = 86_400.0
    package var requestsPerMinute = 10
    package var maxModels = 2_000
    /// How long the series of a new model shows 0; 0 is not at all.
    package var newSeriesHold = 120.0
    /// An answer with more records is given up and asked for in halves, so that memory stays bounded.
    package var maxRecords = 50_000
    /// Nothing from this instant on is asked for, in milliseconds since 1970 by the appliance's clock.
    package var horizonMilliseconds: Int64?
    package var client: Client
    /// Called for every poll, so that a rotated token needs no restart.
    package var credentials: @Sendable () throws(SecretError) -> Credentials

    /// Everything else has the defaults of the configuration file.
    package init(
        name: String, client: Client, credentials: @escaping @Sendable () throws(SecretError) -> Credentials
    ) {
        self.name = name
        self.client = client
        self.credentials = credentials
    }
}

/// A token could not be read.
package struct SecretError: Error, Sendable, Equatable {
    /// One line that names the file and what is wrong with it, never the token.
    package let detail: String

    package init(detail: String) { self.detail = detail }
}
