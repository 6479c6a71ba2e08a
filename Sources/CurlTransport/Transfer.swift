import CCurl
import Crypto
import Darktrace
import Glibc

/// One running transfer, on the loop's thread.
@safe
final class Transfer {
    let pending: PendingTransfer
    let easy: EasyHandle
    private var head: ResponseHead?
    private var headerBytes = 0
    private var bodyBytes = 0
    /// Set when a callback ended the transfer.
    private var ownFailure: TransportError?

    /// The largest header that is accepted, in bytes.
    private static let headerLimit = 262_144

    /// Sets all options of `easy`.
    ///
    /// - Throws: `TransportError` when the request or the endpoint cannot be expressed.
    init(_ pending: PendingTransfer, _ easy: EasyHandle) throws(TransportError) {
        self.pending = pending
        self.easy = easy
        try easy.prepare(pending.request, pending.endpoint)
        // Unretained: the driver keeps the transfer as long as libcurl has it.
        let context = unsafe Unmanaged.passUnretained(self).toOpaque()
        do throws(CurlError) {
            try unsafe easy.set(CURLOPT_PRIVATE, context)
            try unsafe easy.set(CURLOPT_HEADERFUNCTION, receiveHeaderLine)
            try unsafe easy.set(CURLOPT_HEADERDATA, context)
            try unsafe easy.set(CURLOPT_WRITEFUNCTION, receiveBody)
            try unsafe easy.set(CURLOPT_WRITEDATA, context)
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
        pending.sink.receive(head)
        return true
    }

    /// Passes a piece of the body on; false ends the transfer.
    fileprivate func receive(body: UnsafeRawBufferPointer) -> Bool {
        bodyBytes += body.count
        let limits = pending.endpoint.bodyLimits
        if bodyBytes > limits.bytes {
            ownFailure = TransportError(.tooLarge, "the body is larger than \(limits.bytes) bytes")
        } else if bodyBytes > limits.inflationFreeBytes,
            bodyBytes / limits.inflation > easy.offset(CURLINFO_SIZE_DOWNLOAD_T)
        {
            ownFailure = TransportError(
                .tooLarge, "the body inflates to more than \(limits.inflation) times its compressed size")
        } else if unsafe !pending.sink.receive(body.bytes) {
            ownFailure = TransportError(.rejectedBySink, "the rest of the response was rejected")
        }
        return ownFailure == nil
    }
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
    return unsafe transfer.receive(body: piece) ? size * count : -1
}

// MARK: The result

extension Transfer {
    /// The earliest expiry in the appliance's certificate chain, in Unix seconds; nil on a reused connection.
    func certificateExpiry(_ code: CURLcode) -> Int64? {
        let isVerified = code == CURLE_OK && !pending.endpoint.tls.insecureSkipVerify
        return CertificateFacts.expiry(of: easy.presentedCertificates, verifiedAt: isVerified ? Int64(time(nil)) : nil)
    }

    /// The outcome, once libcurl reports the end of the transfer.
    func result(_ code: CURLcode, certificateExpiry: Int64?) -> TransportResult {
        TransportResult(
            head: head, failure: failure(code), phases: phases, bodyBytes: bodyBytes,
            certificateExpiry: certificateExpiry)
    }

    /// libcurl reports when each phase ended, counted from the start; 0 is a phase that was not reached.
    private var phases: Phases {
        var phases = Phases()
        let total = easy.seconds(CURLINFO_TOTAL_TIME_T)
        let requestSent = easy.seconds(CURLINFO_PRETRANSFER_TIME_T)
        let firstByte = easy.seconds(CURLINFO_STARTTRANSFER_TIME_T)
        // On a reused connection nothing was resolved, whatever times libcurl reports.
        let isReused = requestSent > 0 && easy.openedConnections == 0
        let steps: [(WritableKeyPath<Phases, Double>, Double)] = [
            (\.resolve, isReused ? 0 : easy.seconds(CURLINFO_NAMELOOKUP_TIME_T)),
            (\.connect, isReused ? 0 : connected),
            (\.tls, isReused ? 0 : easy.seconds(CURLINFO_APPCONNECT_TIME_T)),
            (\.wait, firstByte), (\.transfer, total),
        ]
        var now = 0.0
        for (index, (phase, end)) in steps.enumerated() {
            if end > 0 {
                phases[keyPath: phase] = max(0, end - now)
                now = max(now, end)
            } else if requestSent == 0 || index >= 3 {
                // The rest belongs to the phase in which it failed.
                phases[keyPath: phase] = max(0, total - now)
                break
            }
        }
        return phases
    }

    /// When the connection was established. libcurl records it only after the TLS handshake; if that never ends, a
    /// local port shows that there was a connection.
    private var connected: Double {
        let connected = easy.seconds(CURLINFO_CONNECT_TIME_T)
        guard connected == 0, easy.integer(CURLINFO_LOCAL_PORT) > 0 else { return connected }
        return max(easy.seconds(CURLINFO_NAMELOOKUP_TIME_T), 1e-6)
    }

    private func failure(_ code: CURLcode) -> TransportError? {
        if let ownFailure { return ownFailure }
        guard code != CURLE_OK else {
            return head == nil ? TransportError(.malformed, "the response has no header") : nil
        }
        let kind = kind(code)
        let message = redactingProxy(easy.errorText(code))
        return TransportError(kind, message, hint: hint(kind, message))
    }

    private func hint(_ kind: TransportError.Kind, _ message: String) -> Hint? {
        let endpoint = pending.endpoint
        switch kind {
        case .tls:
            return TLSAdvice(
                endpoint: endpoint, message: message, chain: easy.presentedCertificates, now: Int64(time(nil))
            ).hint
        case .malformed where !endpoint.isSecure && head == nil:
            return "if the port speaks TLS, write https:// in \(setting: "url")"
        default: return nil
        }
    }

    private func kind(_ code: CURLcode) -> TransportError.Kind {
        let connectStatus = easy.integer(CURLINFO_HTTP_CONNECTCODE)
        if connectStatus != 0, connectStatus != 200 { return .proxy }
        switch code {
        case CURLE_COULDNT_RESOLVE_HOST: return .resolve
        case CURLE_COULDNT_RESOLVE_PROXY, CURLE_PROXY: return .proxy
        case CURLE_COULDNT_CONNECT: return pending.endpoint.proxy == nil ? .connect : .proxy
        case CURLE_OPERATION_TIMEDOUT: return isNameUnresolved ? .resolve : .timeout
        case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CIPHER, CURLE_SSL_ISSUER_ERROR,
            CURLE_SSL_PINNEDPUBKEYNOTMATCH, CURLE_SSL_INVALIDCERTSTATUS, CURLE_SSL_CLIENTCERT,
            CURLE_SSL_SHUTDOWN_FAILED, CURLE_USE_SSL_FAILED:
            return .tls
        // A TLS connection without close notify: what the body says decides, unless HTTP announces its length.
        case CURLE_RECV_ERROR where isDelimitedByClose: return .closed
        // HTTP/0.9, which is any bytes at all, counts as a protocol of its own.
        case CURLE_UNSUPPORTED_PROTOCOL, CURLE_WEIRD_SERVER_REPLY, CURLE_PARTIAL_FILE, CURLE_GOT_NOTHING,
            CURLE_BAD_CONTENT_ENCODING, CURLE_WRITE_ERROR, CURLE_RECV_ERROR, CURLE_SEND_ERROR, CURLE_HTTP2,
            CURLE_HTTP2_STREAM:
            return .malformed
        case CURLE_FILESIZE_EXCEEDED: return .tooLarge
        // For example a CA file that cannot be read, or a client certificate that does not fit its key.
        default: return .unexpected
        }
    }

    /// The end of the connection is the only end of the body (RFC 9112, 6.3).
    private var isDelimitedByClose: Bool {
        guard let head else { return false }
        return head.first("content-length") == nil && head.first("transfer-encoding") == nil
    }

    /// The time was up before the name was resolved: the resolver failed, not the appliance.
    private var isNameUnresolved: Bool {
        easy.offset(CURLINFO_NAMELOOKUP_TIME_T) == 0 && easy.openedConnections == 0 && head == nil
    }

    /// The proxy's address may contain a password.
    private func redactingProxy(_ text: String) -> String {
        guard let proxy = pending.endpoint.proxy, let at = proxy.lastIndex(of: "@") else { return text }
        let start = proxy.firstRange(of: "://")?.upperBound ?? proxy.startIndex
        guard start < at else { return text }
        let user = proxy[start..<at]
        var redacted = text.replacing(user, with: "<hidden>")
        if let password = user.split(separator: ":", maxSplits: 1).dropFirst().first {
            redacted = redacted.replacing(password, with: "<hidden>")
        }
        return redacted
    }
}
