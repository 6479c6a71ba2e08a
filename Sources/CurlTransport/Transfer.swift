import CCurl
import Crypto
import Darktrace
import Glibc
import Gzip

/// One running transfer, on the loop's thread.
@safe
final class Transfer {
    let pending: PendingTransfer
    let easy: EasyHandle
    private(set) var head: ResponseHead?
    private var headerBytes = 0
    private(set) var bodyBytes = 0
    private(set) var decoder: ContentDecoder?
    /// Set when a callback ended the transfer.
    private(set) var ownFailure: TransportError?
    /// The request was not sent, because the server is not the one that is expected.
    private(set) var isServerRefused = false
    /// No CA vouches for the server.
    private var isUnverified = false
    private let trust: TrustStores

    /// The largest header that is accepted, in bytes.
    private static let headerLimit = 262_144

    /// Sets all options of `easy`.
    ///
    /// - Parameter trust: What servers are verified with.
    /// - Throws: `TransportError` when the request or the endpoint cannot be expressed.
    init(_ pending: PendingTransfer, _ easy: EasyHandle, _ trust: TrustStores) throws(TransportError) {
        self.pending = pending
        self.easy = easy
        self.trust = trust
        try easy.prepare(pending.request, pending.endpoint)
        // Unretained: the driver keeps the transfer as long as libcurl has it.
        let context = unsafe Unmanaged.passUnretained(self).toOpaque()
        do throws(CurlError) {
            try unsafe easy.set(CURLOPT_PRIVATE, context)
            try unsafe easy.set(CURLOPT_HEADERFUNCTION, receiveHeaderLine)
            try unsafe easy.set(CURLOPT_HEADERDATA, context)
            try unsafe easy.set(CURLOPT_WRITEFUNCTION, receiveBody)
            try unsafe easy.set(CURLOPT_WRITEDATA, context)
            if pending.endpoint.isSecure { try unsafe easy.setBeforeRequest(checkServer, context) }
        } catch {
            throw TransportError(.unexpected, easy.errorText(error.code))
        }
    }

    /// The transfer that uses this handle of libcurl.
    static func of(_ handle: UnsafeMutableRawPointer?) -> Transfer? {
        var context: UnsafeMutableRawPointer?
        guard unsafe curl_get_pointer(handle, CURLINFO_PRIVATE, &context) == CURLE_OK, let context = unsafe context
        else { return nil }
        return unsafe Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
    }

    func resume(_ result: TransportResult) { pending.continuation.resume(returning: result) }

    /// Ends the transfer before libcurl does.
    func fail(_ failure: TransportError) {
        resume(TransportResult(head: head, failure: failure, bodyBytes: bodyBytes))
    }

    /// Whether the request may be sent to the server that the connection leads to.
    fileprivate func acceptsServer() -> Bool {
        if let pin = pending.pin {
            ownFailure = pin.problem(with: easy.peerCertificate)
        } else if !pending.endpoint.tls.insecureSkipVerify, easy.openedConnections > 0 {
            // A connection of an earlier transfer was verified then: a change of a file closes it.
            ownFailure = verificationFailure
        }
        isServerRefused = ownFailure != nil
        return !isServerRefused
    }

    /// Why no CA vouches for the server of a new connection; nil if one does.
    private var verificationFailure: TransportError? {
        let endpoint = pending.endpoint
        let store: TrustStore
        do throws(TransportError) { store = try trust.store(for: endpoint) } catch { return error }
        guard let problem = easy.problem(by: store, name: endpoint.tls.serverName ?? endpoint.host) else { return nil }
        isUnverified = true
        let advice = TLSAdvice(
            endpoint: endpoint, message: problem, chain: easy.presentedCertificates, now: Int64(time(nil)))
        return TransportError(.tls, problem, hint: advice.hint)
    }

    /// The same transfer with other requirements for the certificate, if it may succeed then; nothing was sent yet.
    func retry() -> PendingTransfer? {
        guard head == nil else { return nil }
        var retry = pending
        switch pending.pin {
        // Another certificate may be one that a CA vouches for.
        case .learned where ownFailure != nil: retry.pin = nil
        case nil where isUnverified:
            guard let pin = CertificatePin(learning: easy.presentedCertificates.first, pending.endpoint) else {
                return nil
            }
            retry.pin = pin
        default: return nil
        }
        return retry
    }

    /// Takes the header from libcurl at its empty line; false ends the transfer.
    ///
    /// Interim responses (1xx) and trailer fields are ignored.
    fileprivate func receive(headerLine: UnsafeRawBufferPointer) -> Bool {
        headerBytes += headerLine.count
        guard headerBytes <= Self.headerLimit else {
            ownFailure = TransportError(.malformed, "the header is larger than \(Self.headerLimit) bytes")
            return false
        }
        guard head == nil, unsafe headerLine.allSatisfy({ $0 == 0x0D || $0 == 0x0A }) else { return true }
        let status = easy.integer(CURLINFO_RESPONSE_CODE)
        guard status >= 200 else { return true }
        let head = ResponseHead(status: status, headers: easy.responseHeaders)
        self.head = head
        do throws(UnknownCoding) {
            decoder = try ContentDecoder(head.headers.filter { $0.name == "content-encoding" }.map(\.value))
        } catch {
            ownFailure = TransportError(.malformed, "the body has an unknown content encoding")
            return false
        }
        pending.sink.receive(head)
        return true
    }

    /// Decodes a piece of the body; false ends the transfer.
    fileprivate func receive(encoded piece: RawSpan) -> Bool {
        guard let decoder else { return false }
        do throws(InflateError) {
            return try decoder.decode(piece) { receive(body: $0) }
        } catch {
            ownFailure = TransportError(.malformed, "the compressed body is damaged")
            return false
        }
    }

    /// Passes a piece of the body on; false ends the transfer.
    private func receive(body: RawSpan) -> Bool {
        bodyBytes += body.byteCount
        let limits = pending.endpoint.bodyLimits
        if bodyBytes > limits.bytes {
            ownFailure = TransportError(.tooLarge, "the body is larger than \(limits.bytes) bytes")
        } else if bodyBytes > limits.inflationFreeBytes,
            bodyBytes / limits.inflation > easy.offset(CURLINFO_SIZE_DOWNLOAD_T)
        {
            ownFailure = TransportError(
                .tooLarge, "the body inflates to more than \(limits.inflation) times its compressed size")
        } else if !pending.sink.receive(body) {
            ownFailure = TransportError(.rejectedBySink, "the rest of the response was rejected")
        }
        return ownFailure == nil
    }
}

private func checkServer(
    _ context: UnsafeMutableRawPointer?, _: UnsafeMutablePointer<CChar>?, _: UnsafeMutablePointer<CChar>?, _: Int32,
    _: Int32
) -> Int32 {
    guard let context = unsafe context else { return CURL_PREREQFUNC_ABORT }
    let transfer = unsafe Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
    return transfer.acceptsServer() ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT
}

private func receiveHeaderLine(
    _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
    guard let context = unsafe context else { return 0 }
    let transfer = unsafe Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
    let line = unsafe UnsafeRawBufferPointer(start: bytes, count: size * count)
    return unsafe transfer.receive(headerLine: line) ? size * count : -1
}

private func receiveBody(
    _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
    guard size * count > 0, let context = unsafe context else { return 0 }
    let transfer = unsafe Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
    let piece = unsafe UnsafeRawBufferPointer(start: bytes, count: size * count)
    return unsafe transfer.receive(encoded: piece.bytes) ? size * count : -1
}
