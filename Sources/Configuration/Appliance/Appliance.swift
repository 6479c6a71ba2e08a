extension Settings {
    /// One appliance with the global values already applied; all durations are in seconds.
    package struct Appliance: Sendable, Equatable {
        /// The value of the label `appliance`, and the key of its ledger.
        package var name: String
        /// Where its API answers.
        package var url: BaseURL
        /// The half of the token pair that travels in a header.
        package var publicToken: SecretSource
        /// The half that signs.
        package var privateToken: SecretSource
        /// How the date header is written.
        package var dateFormat = DateFormat.spaced
        /// How the appliance proves who it is.
        package var tls = TLS()
        /// A URL with user and password if any, its port always written out: never print it.
        package var proxy: Secret?
        /// From one poll to the next.
        package var pollInterval = 60.0
        /// From one poll of the appliance's own state to the next; 0 is off.
        package var statusInterval = 60.0
        /// One request, from name lookup to last byte.
        package var pollTimeout = 30.0
        /// Each poll asks again for this much before the cursor.
        package var overlap = 900.0
        /// What the very first run counts before its first exposition.
        package var initialLookback = 2_592_000.0
        /// From one wider second look to the next.
        package var recheckInterval = 3_600.0
        /// How far the wider second look goes back.
        package var recheckWindow = 86_400.0
        /// The budget of all feeds together.
        package var requestsPerMinute = 10
        /// Distinct model labels; what comes after them is counted as `other`.
        package var maxModels = 2_000
        /// How long a series born after the start shows 0 first; 0 is off.
        package var newSeriesHold = 120.0

        /// An appliance with the default values.
        package init(name: String, url: BaseURL, publicToken: SecretSource, privateToken: SecretSource) {
            self.name = name
            self.url = url
            self.publicToken = publicToken
            self.privateToken = privateToken
        }
    }

    /// How the date header is written.
    package enum DateFormat: String, Sendable, CaseIterable { case spaced, compact, iso8601 }
}
