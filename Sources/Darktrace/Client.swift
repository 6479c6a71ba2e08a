import Crypto
import Values

/// Sends signed requests to one appliance, one attempt per call. It does not retry and keeps no state.
package struct Client: Sendable {
    private let transport: any Transport
    private let dateFormat: DateFormat
    private let timeout: Double
    private let userAgent: String
    private let settingName: @Sendable (String) -> String

    /// - Parameters:
    ///   - timeout: Of one attempt from name lookup to last byte, in seconds.
    ///   - userAgent: Sent with every request, because appliances have refused requests without one.
    ///   - settingName: How the operator writes a setting, which it gets by its key in the configuration file.
    package init(
        transport: any Transport, dateFormat: DateFormat, timeout: Double, userAgent: String,
        settingName: @escaping @Sendable (String) -> String = { $0 }
    ) {
        self.transport = transport
        self.dateFormat = dateFormat
        self.timeout = timeout
        self.userAgent = userAgent
        self.settingName = settingName
    }

    /// Sends `request` once and classifies the response.
    ///
    /// - Parameters:
    ///   - wallMilliseconds: The time of the signature, by the clock that the appliance will compare with its own.
    ///   - onElement: Gets the content of the response as it is read, on any thread, one call at a time, and never
    ///     after this function has returned. The content counts only if the attempt has no error. When it returns
    ///     false, the response is abandoned with the reason `too_large`.
    package func send<Sent: APIRequest>(
        _ request: Sent, credentials: Credentials, wallMilliseconds: Int64,
        onElement: @escaping @Sendable (Sent.Content) -> Bool
    ) async -> Attempt {
        let signature: [OutgoingRequest.Header]
        do throws(CryptoError) {
            signature = try Signature.headers(
                target: request.target, credentials: credentials, at: wallMilliseconds, format: dateFormat)
        } catch {
            return Attempt(
                path: request.path, result: TransportResult(), error: APIError(.unexpected, error.description))
        }
        let headers = signature + [.init("User-Agent", userAgent), .init("Accept", "application/json")]
        let reader = request.makeReader(onElement)
        let result = await transport.send(
            OutgoingRequest(target: request.target, headers: headers, timeout: timeout), to: reader)
        let date = result.head?.first("date").flatMap(HTTPDate.milliseconds)
        var redaction = transport.redaction
        for secret in [credentials.privateToken, credentials.publicToken] + signature.suffix(1).map(\.value) {
            redaction.hide(secret)
        }
        let classifier = ResponseClassifier(
            result: result, body: reader.finish(isComplete: result.mayBeComplete),
            permissionHint: request.permissionHint, sizeHint: request.sizeHint,
            skewSeconds: date.map { Double($0) / 1_000 - Double(wallMilliseconds) / 1_000 },
            secrets: redaction)
        return Attempt(
            path: request.path, result: result, error: classifier.error?.naming(settings: settingName),
            serverDateMilliseconds: date,
            retryAfterSeconds: RetryAfter.seconds(result.head, now: date ?? wallMilliseconds),
            isCancelled: result.failure?.kind == .cancelled)
    }
}

/// A GET request of the API and the reader of its response. Each endpoint has a type of its own.
package protocol APIRequest: Sendable {
    /// What the reader passes on: each record of a list, or the one object.
    associatedtype Content: Sendable

    /// The path without its query: the label `path` of the request's metrics.
    var path: String { get }
    /// What to do when the API user may not send this request; nil means the hint for any request.
    var permissionHint: Hint? { get }
    /// What to do when the response is too large.
    var sizeHint: Hint { get }
    /// Path and query as signed and sent: names sorted, nothing that needs escaping.
    var target: String { get }

    /// Makes the reader of one response; `onElement` returns whether to continue.
    func makeReader(_ onElement: @escaping @Sendable (Content) -> Bool) -> any ResponseReader
}

extension APIRequest {
    package var permissionHint: Hint? { nil }
    package var sizeHint: Hint { .smaller }
}

/// One request with or without a response: everything about it that is counted and logged.
package struct Attempt: Sendable, Equatable {
    /// The request's path without its query.
    package let path: String
    package let result: TransportResult
    /// Nil only if the status was 200 and the body is complete and of the requested form.
    package let error: APIError?
    /// The appliance's clock by the `Date` field of the response, in milliseconds since 1970 at a resolution of a
    /// second.
    package let serverDateMilliseconds: Int64?
    /// The value of `Retry-After` in seconds; never negative.
    package let retryAfterSeconds: Double?
    /// The task was cancelled: the attempt says nothing about the appliance.
    package let isCancelled: Bool

    package init(
        path: String, result: TransportResult, error: APIError? = nil, serverDateMilliseconds: Int64? = nil,
        retryAfterSeconds: Double? = nil, isCancelled: Bool = false
    ) {
        self.path = path
        self.result = result
        self.error = error
        self.serverDateMilliseconds = serverDateMilliseconds
        self.retryAfterSeconds = retryAfterSeconds
        self.isCancelled = isCancelled
    }

    /// The error may mean that the appliance or the API user does not have the endpoint.
    ///
    /// Some versions answer 500 for what is not licensed; a gateway's 502 to 504 says nothing about the endpoint.
    package var showsUnavailability: Bool {
        guard let error else { return false }
        return error.reason.isAboutAvailability || (error.reason == .server && [500, 501].contains(error.status))
    }
}
