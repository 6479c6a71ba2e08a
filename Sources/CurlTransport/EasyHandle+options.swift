import CCurl
import Darktrace
import Glibc
import Values

extension EasyHandle {
    /// Sets everything that one transfer needs, on a handle without options.
    ///
    /// - Throws: `TransportError` when the request or the endpoint cannot be expressed.
    func prepare(_ request: OutgoingRequest, _ endpoint: Endpoint) throws(TransportError) {
        guard request.target.hasPrefix("/"),
            !request.target.utf8.contains(where: { $0 <= 0x20 || $0 == 0x7F || $0 == 0x23 })
        else { throw TransportError(.unexpected, "the request target has characters that need escaping") }
        if endpoint.isSecure { try endpoint.tls.checkFiles() }
        do throws(CurlError) {
            try prepareConnection(endpoint, timeout: request.timeout)
            if endpoint.isSecure { try prepareTLS(endpoint.tls) }
            try prepareAddress(endpoint, request.target)
            var lines = [String]()
            lines.append("Accept-Encoding: \(ContentDecoder.acceptedCodings)")
            if endpoint.tls.serverName != nil { lines.append("Host: \(endpoint.authority)") }
            for header in request.headers { lines.append(Self.line(header)) }
            guard lines.allSatisfy({ line in line.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F } }) else {
                throw CurlError(code: CURLE_BAD_FUNCTION_ARGUMENT)
            }
            try setHeaders(lines)
        } catch {
            let text =
                error.code == CURLE_BAD_FUNCTION_ARGUMENT
                ? "a header field, such as a token, has invalid characters"
                : errorText(error.code)
            throw TransportError(.unexpected, text)
        }
    }

    private func prepareConnection(_ endpoint: Endpoint, timeout: Double) throws(CurlError) {
        try keepErrorText()
        // Without it, a resolver that never answers delays every other transfer and the end of the process.
        try set(CURLOPT_QUICK_EXIT, 1)
        try set(CURLOPT_NOSIGNAL, 1)
        try set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
        try set(CURLOPT_PROTOCOLS_STR, endpoint.isSecure ? "https" : "http")
        try set(CURLOPT_FOLLOWLOCATION, 0)
        try set(CURLOPT_TIMEOUT_MS, Self.milliseconds(timeout))
        // A firewall or an appliance may forget a connection silently. Probes keep it known, and a request that is
        // not acknowledged fails in time for libcurl to send it again on a new connection.
        try set(CURLOPT_TCP_KEEPALIVE, 1)
        try set(CURLOPT_TCP_KEEPIDLE, 30)
        try set(CURLOPT_TCP_KEEPINTVL, 15)
        try limitUnacknowledged(Self.milliseconds(min(timeout / 3, 10)))
        try set(CURLOPT_CONNECTTIMEOUT_MS, Self.milliseconds(min(timeout, endpoint.connectTimeout)))
        // Both are set, because libcurl would otherwise read the environment.
        try set(CURLOPT_PROXY, endpoint.proxy ?? "")
        try set(CURLOPT_NOPROXY, "")
        try set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
    }

    /// libcurl verifies nothing and reads no CA certificates: `Transfer.acceptsServer` does, before the request is sent.
    private func prepareTLS(_ tls: Endpoint.TLS) throws(CurlError) {
        try set(CURLOPT_CERTINFO, 1)
        // Later versions of libcurl keep the parsed file of a proxy for a day; those that cannot refuse the option.
        try? set(CURLOPT_CA_CACHE_TIMEOUT, 0)
        try set(CURLOPT_CAINFO, nil)
        try set(CURLOPT_CAPATH, nil)
        try set(CURLOPT_SSL_VERIFYPEER, 0)
        try set(CURLOPT_SSL_VERIFYHOST, 0)
        if let file = tls.certFile { try set(CURLOPT_SSLCERT, file) }
        if let file = tls.keyFile { try set(CURLOPT_SSLKEY, file) }
        try set(CURLOPT_SSLVERSION, tls.minVersion.curlValue)
    }

    /// The target is sent as it is. libcurl takes the name for SNI from the URL, so `server_name`
    /// replaces the host there; the connection and the field `Host` use the host.
    private func prepareAddress(_ endpoint: Endpoint, _ target: String) throws(CurlError) {
        let scheme = endpoint.isSecure ? "https" : "http"
        var authority = endpoint.authority
        if endpoint.isSecure, let name = endpoint.tls.serverName {
            authority = "\(Endpoint.bracketed(name)):\(endpoint.port)"
            try setConnectTo(["::\(endpoint.urlHost):\(endpoint.port)"])
        }
        try set(CURLOPT_PATH_AS_IS, 1)
        if let path = endpoint.unixSocketPath { try set(CURLOPT_UNIX_SOCKET_PATH, path) }
        try set(CURLOPT_URL, "\(scheme)://\(authority)\(target)")
    }

    private static func line(_ header: OutgoingRequest.Header) -> String {
        // libcurl does not send a field whose colon nothing follows.
        header.value.isEmpty ? "\(header.name);" : "\(header.name): \(header.value)"
    }

    private static func milliseconds(_ seconds: Double) -> Int {
        Int(min(max(seconds * 1_000, 1), 86_400_000))
    }
}

extension Endpoint {
    /// Host and port as in the field `Host`: the default port of the scheme is left out.
    var authority: String { port == (isSecure ? 443 : 80) ? urlHost : "\(urlHost):\(port)" }
}

extension TLSVersion {
    var curlValue: Int {
        let version =
            switch self {
            case .tls10: CURL_SSLVERSION_TLSv1_0
            case .tls11: CURL_SSLVERSION_TLSv1_1
            case .tls12: CURL_SSLVERSION_TLSv1_2
            case .tls13: CURL_SSLVERSION_TLSv1_3
            }
        return Int(version)
    }
}

extension Endpoint.TLS {
    /// Checks that the files are readable, because libcurl's own message does not name the file.
    fileprivate func checkFiles() throws(TransportError) {
        for (key, file) in [("ca_file", caFile), ("cert_file", certFile), ("key_file", keyFile)] {
            guard let file, unsafe access(file, R_OK) != 0 else { continue }
            throw TransportError(.unexpected, "\(key) \(file): \(unsafe String(cString: strerror(errno)))")
        }
    }
}
