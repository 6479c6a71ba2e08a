/// One request, answered or not: everything that there is to count and to log about it.
package struct Attempt: Sendable, Equatable {
    /// The request's path without its query.
    package let path: String
    package let exchange: TransportResult
    /// Nil only if the status was 200, the body a JSON array that closed with nothing but white space after it,
    /// and the transport says that it arrived whole.
    package let refusal: APIError?
    /// The appliance's clock by the answer's `Date` field, in milliseconds since 1970 at a resolution of a second.
    package let serverDateMilliseconds: Int64?
    /// How long the appliance wants to be left alone, in seconds; never negative.
    package let retryAfterSeconds: Double?
    /// The task was cancelled: the try says nothing about the appliance.
    package let isCancelled: Bool

    package init(
        path: String, exchange: TransportResult, refusal: APIError? = nil, serverDateMilliseconds: Int64? = nil,
        retryAfterSeconds: Double? = nil, isCancelled: Bool = false
    ) {
        self.path = path
        self.exchange = exchange
        self.refusal = refusal
        self.serverDateMilliseconds = serverDateMilliseconds
        self.retryAfterSeconds = retryAfterSeconds
        self.isCancelled = isCancelled
    }
}
