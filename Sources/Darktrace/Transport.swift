package import Values

/// The network as the client needs it: one signed GET to one appliance.
///
/// `CurlTransport` implements it over libcurl, the simulated worlds of the tests by a script. A transport never follows
/// a redirect and stores nothing of the response. It sends a request again only if a reused connection turns out to be
/// dead before the first byte of a response.
package protocol Transport: Sendable {
    /// Sends `request` and passes the response to `sink` as it arrives, on any thread, one call at a time.
    ///
    /// Returns when the response has ended or failed. When the task is cancelled, it returns at once with
    /// `TransportError.Kind.cancelled`.
    func send(_ request: OutgoingRequest, to sink: any ResponseSink) async -> TransportResult

    /// Hides what the transport itself sends and a response may repeat, such as the password of a proxy.
    var redaction: Redaction { get }
}

extension Transport {
    package var redaction: Redaction { Redaction() }
}

/// One attempt, ready to send.
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

/// Receives a response as it arrives.
package protocol ResponseSink: AnyObject, Sendable {
    /// Receives status and headers, once, before the body.
    func receive(_ head: ResponseHead)
    /// Receives the next piece of the body, decompressed; false ends the transfer with
    /// `TransportError.Kind.rejectedBySink`.
    func receive(_ piece: RawSpan) -> Bool
}

/// Status and headers of a response.
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

/// The outcome of one attempt on the network, with or without a response.
package struct TransportResult: Sendable, Equatable {
    package var head: ResponseHead?
    /// Nil when the response arrived completely.
    package var failure: TransportError?
    package var phases: Phases
    /// Body bytes after decompression.
    package var bodyBytes: Int
    /// The earliest expiry in the appliance's certificate chain, in Unix seconds; nil when no certificate was seen.
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

    /// The body may have arrived to its end: its own syntax decides.
    var mayBeComplete: Bool { failure == nil || failure?.kind == .closed }
}

/// Durations of the phases of an attempt in seconds, not cumulative.
package struct Phases: Sendable, Equatable {
    package var resolve = 0.0
    package var connect = 0.0
    package var tls = 0.0
    /// From the last byte of the request to the first byte of the response.
    package var wait = 0.0
    package var transfer = 0.0

    package init() {}

    package var total: Double { resolve + connect + tls + wait + transfer }
}

/// Why no complete response arrived.
package struct TransportError: Error, Sendable, Equatable {
    package let kind: Kind
    /// The C library's own text, fit for a log line.
    package let detail: String
    /// What to do, when the transport knows more than the kind says.
    package let hint: Hint?

    package init(_ kind: Kind, _ detail: String, hint: Hint? = nil) {
        self.kind = kind
        self.detail = detail
        self.hint = hint
    }

    /// What failed.
    package enum Kind: Sendable, Equatable {
        case resolve, connect, proxy, tls, timeout
        /// The connection ended, and nothing but its end marks the end of the body: the response may be complete.
        case closed
        /// The response is truncated, or it is not HTTP.
        case malformed
        /// The decompressed body exceeds its limit or its compression ratio.
        case tooLarge
        /// The sink rejected the rest of the body.
        case rejectedBySink
        case cancelled
        /// The transport itself cannot work: a CA file that cannot be read, out of memory.
        case unexpected
    }
}
