/// The network, as the client needs it: one signed GET to one appliance.
///
/// The client owns this protocol. `CurlTransport` implements it over libcurl, the simulated worlds of the tests by
/// a script. A transport never retries, never follows a redirect and keeps nothing of the answer.
package protocol Transport: Sendable {
    /// Sends `request` and hands the answer over as it arrives, on any thread, one call at a time.
    ///
    /// It returns when the answer has ended or failed. When the task is cancelled it ends at once with
    /// `TransportFailure.cancelled`.
    func send(_ request: OutgoingRequest, to receiver: any ResponseSink) async -> TransportResult
}

/// One try, ready to send.
package struct OutgoingRequest: Sendable, Equatable {
    /// Path and query exactly as signed.
    package let target: String
    package let headers: [Header]
    /// From name lookup to last byte, in seconds.
    package let timeout: Double

    package init(target: String, headers: [Header], timeout: Double) {
        self.target = target
        self.headers = headers
        self.timeout = timeout
    }

    /// One header field.
    package struct Header: Sendable, Equatable {
        package let name: String
        package let value: String

        package init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }
}

/// Takes an answer in as it arrives.
package protocol ResponseSink: AnyObject, Sendable {
    /// The status line and headers, once, before the body.
    func receive(_ head: ResponseHead)
    /// The next piece of the body, decompressed; false ends the exchange with `TransportFailure.refused`.
    func receive(_ piece: RawSpan) -> Bool
}

/// Status and headers of an answer.
package struct ResponseHead: Sendable, Equatable {
    package let status: Int
    /// Names in lower case, in the order of arrival.
    package let headers: [OutgoingRequest.Header]

    package init(status: Int, headers: [OutgoingRequest.Header]) {
        self.status = status
        self.headers = headers
    }

    /// The first field of this lower-case name.
    package func first(_ name: String) -> String? {
        headers.first { $0.name == name }?.value
    }
}

/// How one try went on the wire, answered or not.
package struct TransportResult: Sendable, Equatable {
    package var head: ResponseHead?
    /// Nil when the answer arrived whole.
    package var failure: TransportError?
    package var phases: Phases
    /// Body bytes after decompression.
    package var bodyBytes: Int
    /// The earliest end in the certificate chain that was presented, in Unix seconds; nil when none was seen.
    package var certificateExpiry: Int64?

    package init(
        head: ResponseHead? = nil, failure: TransportError? = nil, phases: Phases = Phases(), bodyBytes: Int = 0,
        certificateExpiry: Int64? = nil
    ) {
        self.head = head
        self.failure = failure
        self.phases = phases
        self.bodyBytes = bodyBytes
        self.certificateExpiry = certificateExpiry
    }
}

/// Where the time of a try went, each phase in seconds and not cumulated.
package struct Phases: Sendable, Equatable {
    package var resolve = 0.0
    package var connect = 0.0
    package var tls = 0.0
    /// From the request's last byte to the answer's first.
    package var wait = 0.0
    package var transfer = 0.0

    package init() {}

    package var total: Double { resolve + connect + tls + wait + transfer }
}

/// Why no whole answer came; the text is the C library's own, fit for a log line.
package struct TransportError: Error, Sendable, Equatable {
    package let kind: Kind
    package let detail: String

    package init(_ kind: Kind, _ detail: String) {
        self.kind = kind
        self.detail = detail
    }

    /// What the failure was about.
    package enum Kind: Sendable, Equatable {
        case resolve, connect, proxy, tls, timeout
        /// The answer was cut short, or was not HTTP.
        case malformed
        /// The body inflates without end, or is larger than any answer may be.
        case tooLarge
        /// The receiver wanted no more.
        case rejectedBySink
        case cancelled
        /// The transport itself cannot work: a CA file that cannot be read, out of memory.
        case unexpected
    }
}
