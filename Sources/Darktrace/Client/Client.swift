import Crypto

/// Asks one appliance, one try at a time; it neither retries nor keeps anything between tries.
package struct Client: Sendable {
    private let transport: any Transport
    private let dateFormat: DateFormat
    private let timeout: Double
    private let userAgent: String

    /// - Parameters:
    ///   - timeout: Of one try from name lookup to last byte, in seconds.
    ///   - userAgent: Sent with every request, because appliances have refused requests without one.
    package init(transport: any Transport, dateFormat: DateFormat, timeout: Double, userAgent: String) {
        self.transport = transport
        self.dateFormat = dateFormat
        self.timeout = timeout
        self.userAgent = userAgent
    }

    /// Asks once, and judges what came.
    ///
    /// - Parameters:
    ///   - wallMilliseconds: The instant that the signature is made for, by the clock the appliance will compare.
    ///   - take: Gets what the answer holds as it is read, on any thread, one call at a time, and none after this
    ///     function has returned. Nothing of it counts unless the attempt has no refusal. When it returns false, the
    ///     answer is given up with the reason `too_large`.
    package func send<Sent: APIRequest>(
        _ request: Sent, credentials: Credentials, wallMilliseconds: Int64,
        take: @escaping @Sendable (Sent.Content) -> Bool
    ) async -> Attempt {
        let signature: [OutgoingRequest.Header]
        do throws(CryptoError) {
            signature = try Signature.headers(
                target: request.target, credentials: credentials, at: wallMilliseconds, format: dateFormat)
        } catch {
            return Attempt(
                path: Sent.path, exchange: TransportResult(), refusal: APIError(.unexpected, error.description))
        }
        let headers = signature + [.init("User-Agent", userAgent), .init("Accept", "application/json")]
        let intake = request.intake(take)
        let exchange = await transport.send(
            OutgoingRequest(target: request.target, headers: headers, timeout: timeout), to: intake)
        let date = exchange.head?.first("date").flatMap(HTTPDate.milliseconds)
        let verdict = ResponseClassifier(
            exchange: exchange, body: intake.finish(isWhole: exchange.failure == nil), hint: Sent.hint,
            skewSeconds: date.map { Double($0) / 1_000 - Double(wallMilliseconds) / 1_000 },
            secrets: [credentials.privateToken, credentials.publicToken] + signature.suffix(1).map(\.value))
        return Attempt(
            path: Sent.path, exchange: exchange, refusal: verdict.refusal, serverDateMilliseconds: date,
            retryAfterSeconds: RetryAfter.seconds(exchange.head, now: date ?? wallMilliseconds),
            isCancelled: exchange.failure?.kind == .cancelled)
    }
}
