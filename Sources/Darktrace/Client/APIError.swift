/// Why a try gave no complete answer.
package struct APIError: Error, Sendable, Equatable {
    package let reason: Reason
    /// One line without control characters that says what is wrong and what to do.
    package let detail: String

    package init(_ reason: Reason, _ detail: String) {
        self.reason = reason
        self.detail = detail
    }

    /// The label values of `darktrace_api_request_failures_total`: a closed set.
    package enum Reason: String, Sendable, CaseIterable {
        case resolve, connect, proxy, tls, timeout
        case signature, date, input, login, permission
        case notFound = "not_found"
        case rateLimited = "rate_limited"
        case server, malformed
        case tooLarge = "too_large"
        case unexpected
    }
}
