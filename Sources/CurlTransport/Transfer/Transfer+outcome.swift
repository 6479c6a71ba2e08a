import CCurl
import Darktrace

extension Transfer {
    /// How it went, once libcurl says that it has ended.
    func exchange(_ code: CURLcode, certificateExpiry: Int64?) -> TransportResult {
        TransportResult(
            head: head, failure: failure(code), phases: phases, bodyBytes: bodyBytes,
            certificateExpiry: certificateExpiry)
    }

    /// Libcurl gives the instants at which phases ended, counted from the start; 0 is one that was not reached.
    private var phases: Phases {
        var phases = Phases()
        let total = easy.seconds(CURLINFO_TOTAL_TIME_T)
        let begun = easy.seconds(CURLINFO_PRETRANSFER_TIME_T)
        let answered = easy.seconds(CURLINFO_STARTTRANSFER_TIME_T)
        // On a connection that is used again nothing was resolved, whatever instants libcurl reports.
        let isReused = begun > 0 && easy.openedConnections == 0
        let steps: [(WritableKeyPath<Phases, Double>, Double)] = [
            (\.resolve, isReused ? 0 : easy.seconds(CURLINFO_NAMELOOKUP_TIME_T)),
            (\.connect, isReused ? 0 : connected),
            (\.tls, isReused ? 0 : easy.seconds(CURLINFO_APPCONNECT_TIME_T)),
            (\.wait, answered), (\.transfer, total),
        ]
        var now = 0.0
        for (index, (phase, end)) in steps.enumerated() {
            if end > 0 {
                phases[keyPath: phase] = max(0, end - now)
                now = max(now, end)
            } else if begun == 0 || index >= 3 {
                // The phase in which it failed has the rest.
                phases[keyPath: phase] = max(0, total - now)
                break
            }
        }
        return phases
    }

    /// When the connection stood. Libcurl writes it down only after the TLS handshake; if that never ends, a local port
    /// shows that there was a connection.
    private var connected: Double {
        let connected = easy.seconds(CURLINFO_CONNECT_TIME_T)
        guard connected == 0, easy.integer(CURLINFO_LOCAL_PORT) > 0 else { return connected }
        return max(easy.seconds(CURLINFO_NAMELOOKUP_TIME_T), 1e-6)
    }

    private func failure(_ code: CURLcode) -> TransportError? {
        if let ownFailure { return ownFailure }
        guard code != CURLE_OK else {
            return head == nil ? TransportError(.malformed, "the answer has no header") : nil
        }
        return TransportError(kind(code), hidingProxy(easy.errorText(code)))
    }

    private func kind(_ code: CURLcode) -> TransportError.Kind {
        let connectStatus = easy.integer(CURLINFO_HTTP_CONNECTCODE)
        if connectStatus != 0, connectStatus != 200 { return .proxy }
        switch code {
        case CURLE_COULDNT_RESOLVE_HOST: return .resolve
        case CURLE_COULDNT_RESOLVE_PROXY, CURLE_PROXY: return .proxy
        case CURLE_COULDNT_CONNECT: return job.endpoint.proxy == nil ? .connect : .proxy
        case CURLE_OPERATION_TIMEDOUT: return isNameUnknown ? .resolve : .timeout
        case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CIPHER, CURLE_SSL_ISSUER_ERROR,
            CURLE_SSL_PINNEDPUBKEYNOTMATCH, CURLE_SSL_INVALIDCERTSTATUS, CURLE_SSL_CLIENTCERT,
            CURLE_SSL_SHUTDOWN_FAILED,
            CURLE_USE_SSL_FAILED:
            return .tls
        // HTTP/0.9, which is any bytes at all, counts as a protocol of its own.
        case CURLE_UNSUPPORTED_PROTOCOL, CURLE_WEIRD_SERVER_REPLY, CURLE_PARTIAL_FILE, CURLE_GOT_NOTHING,
            CURLE_BAD_CONTENT_ENCODING, CURLE_WRITE_ERROR, CURLE_RECV_ERROR, CURLE_SEND_ERROR, CURLE_HTTP2,
            CURLE_HTTP2_STREAM:
            return .malformed
        case CURLE_FILESIZE_EXCEEDED: return .tooLarge
        // Among them a CA file that cannot be read and a client certificate that does not fit its key.
        default: return .unexpected
        }
    }

    /// The time was up before the name was resolved, which is the resolver's fault and not the appliance's.
    private var isNameUnknown: Bool {
        easy.offset(CURLINFO_NAMELOOKUP_TIME_T) == 0 && easy.openedConnections == 0 && head == nil
    }

    /// The proxy's address may hold a password.
    private func hidingProxy(_ text: String) -> String {
        guard let proxy = job.endpoint.proxy, let at = proxy.lastIndex(of: "@") else { return text }
        let begin = proxy.firstRange(of: "://")?.upperBound ?? proxy.startIndex
        guard begin < at else { return text }
        let user = proxy[begin..<at]
        var hidden = text.replacing(user, with: "<hidden>")
        if let password = user.split(separator: ":", maxSplits: 1).dropFirst().first {
            hidden = hidden.replacing(password, with: "<hidden>")
        }
        return hidden
    }
}
