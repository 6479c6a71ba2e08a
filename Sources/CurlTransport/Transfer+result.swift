import CCurl
import Crypto
import Darktrace
import Glibc
import Values

// The outcome of a transfer, once libcurl reports its end.

extension Transfer {
    /// The earliest expiry of the certificates that the connection needs, in Unix seconds; nil on a reused connection.
    func certificateExpiry(_ code: CURLcode) -> Int64? {
        if pending.pin != nil { return easy.presentedCertificates.first?.expirySeconds }
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
        // Nothing was sent, so nothing was waited for.
        if isServerRefused { (phases.tls, phases.wait) = (phases.tls + phases.wait, 0) }
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
            guard head != nil else { return TransportError(.malformed, "the response has no header") }
            return decoder?.isComplete == false ? TransportError(.malformed, "the compressed body is truncated") : nil
        }
        let message = SanitizedText(easy.errorText(code), limit: 1_000, hiding: pending.endpoint.redaction).description
        // libcurl reports a line of the header above its limit as a lack of memory.
        if code == CURLE_OUT_OF_MEMORY, head == nil, easy.offset(CURLINFO_PRETRANSFER_TIME_T) > 0 {
            return TransportError(.malformed, "a line of the header is too long")
        }
        // With TLS 1.3 the appliance refuses a client certificate only after the handshake.
        let isRefused = head == nil && HandshakeFailure(message: message) == .refused
        let kind = isRefused ? .tls : kind(code)
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
        case .timeout where head == nil && connected == 0:
            return "check \(setting: "url"), and that no firewall drops packets to the appliance's port"
        case .timeout where endpoint.isSecure && easy.offset(CURLINFO_PRETRANSFER_TIME_T) == 0:
            return """
                the port accepts connections and completes no TLS handshake: check the port in \(setting: "url"), and \
                firewalls and proxies on the path
                """
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
        case CURLE_RECV_ERROR where isDelimitedByClose && decoder?.isComplete != false: return .closed
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
}
