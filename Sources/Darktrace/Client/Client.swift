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

    /// Asks for the model breaches of a window, once.
    ///
    /// - Parameters:
    ///   - wallMilliseconds: The instant that the signature is made for, by the clock the appliance will compare.
    ///   - take: Gets each record as it is decoded, on the transport's thread, one call at a time, and none after
    ///     this function has returned. Nothing of it counts unless the attempt has no refusal. When it returns
    ///     false, the answer is given up with the reason `too_large`.
    package func modelBreaches(
        _ request: ModelBreachesRequest, credentials: Credentials, wallMilliseconds: Int64,
        take: @escaping @Sendable (Result<ModelBreach, UnreadableRecord>) -> Bool
    ) async -> Attempt {
        await list(ModelBreachesRequest.path, request.target, credentials, wallMilliseconds, take)
    }

    /// Asks for a list once, and judges what came.
    private func list<Element: Record>(
        _ path: String, _ target: String, _ credentials: Credentials, _ wallMilliseconds: Int64,
        _ take: @escaping @Sendable (Result<Element, UnreadableRecord>) -> Bool
    ) async -> Attempt {
        let signature: [OutgoingRequest.Header]
        do throws(CryptoError) {
            signature = try Signature.headers(
                target: target, credentials: credentials, at: wallMilliseconds, format: dateFormat)
        } catch {
            return Attempt(path: path, exchange: Exchange(), refusal: Refusal(.unexpected, error.description))
        }
        let headers = signature + [.init("User-Agent", userAgent), .init("Accept", "application/json")]
        let intake = AnswerIntake(take)
        let exchange = await transport.send(
            OutgoingRequest(target: target, headers: headers, timeout: timeout), to: intake)
        let date = exchange.head?.first("date").flatMap(HTTPDate.milliseconds)
        let verdict = Verdict(
            exchange: exchange, body: intake.evidence(),
            skewSeconds: date.map { Double($0) / 1_000 - Double(wallMilliseconds) / 1_000 },
            secrets: [credentials.privateToken, credentials.publicToken] + signature.suffix(1).map(\.value))
        return Attempt(
            path: path, exchange: exchange, refusal: verdict.refusal, serverDateMilliseconds: date,
            retryAfterSeconds: RetryAfter.seconds(exchange.head, now: date ?? wallMilliseconds),
            isCancelled: exchange.failure?.kind == .cancelled)
    }
}
