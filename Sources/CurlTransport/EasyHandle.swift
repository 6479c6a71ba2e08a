import CCurl
import Crypto
import Darktrace

/// The handle of one transfer: libcurl's `CURL *`. It stays on the loop's thread, and is not used again: a handle that
/// waits for the next transfer keeps six kilobytes.
@safe
final class EasyHandle {
    let handle: UnsafeMutableRawPointer
    /// Where its transfers find open connections, and leave theirs.
    let connections: ConnectionCache
    private var headers: UnsafeMutablePointer<curl_slist>?
    private var connectTo: UnsafeMutablePointer<curl_slist>?
    private let errorText = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))

    init?(_ connections: ConnectionCache) {
        guard let handle = unsafe curl_easy_init() else {
            unsafe errorText.deallocate()
            return nil
        }
        guard unsafe curl_use_share(handle, connections.handle) == CURLE_OK else {
            unsafe curl_easy_cleanup(handle)
            unsafe errorText.deallocate()
            return nil
        }
        unsafe self.handle = handle
        self.connections = connections
        unsafe errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    }

    deinit {
        unsafe curl_easy_cleanup(handle)
        unsafe curl_slist_free_all(headers)
        unsafe curl_slist_free_all(connectTo)
        unsafe errorText.deallocate()
    }

    func set(_ option: CURLoption, _ value: Int) throws(CurlError) {
        try CurlError.check(unsafe curl_set_long(handle, option, value))
    }

    func set(_ option: CURLoption, _ text: String?) throws(CurlError) {
        try CurlError.check(unsafe curl_set_text(handle, option, text))
    }

    func set(_ option: CURLoption, _ pointer: UnsafeMutableRawPointer) throws(CurlError) {
        try CurlError.check(unsafe curl_set_pointer(handle, option, pointer))
    }

    func set(_ option: CURLoption, _ function: @escaping curl_write_callback) throws(CurlError) {
        try CurlError.check(unsafe curl_set_callback(handle, option, function))
    }

    /// Ends a connection whose peer has not acknowledged data for this long.
    ///
    /// The corresponding option of a socket is `TCP_USER_TIMEOUT`.
    func limitUnacknowledged(_ milliseconds: Int) throws(CurlError) {
        try CurlError.check(unsafe curl_limit_unacknowledged(handle, Int(milliseconds)))
    }

    /// Calls `function` between the TLS handshake and the request.
    func setBeforeRequest(
        _ function: @escaping curl_prereq_callback, _ context: UnsafeMutableRawPointer
    ) throws(CurlError) {
        try CurlError.check(unsafe curl_set_before_request(handle, function, context))
    }

    func setHeaders(_ lines: [String]) throws(CurlError) {
        unsafe headers = try Self.list(lines)
        try CurlError.check(unsafe curl_set_list(handle, CURLOPT_HTTPHEADER, headers))
    }

    func setConnectTo(_ lines: [String]) throws(CurlError) {
        unsafe connectTo = try Self.list(lines)
        try CurlError.check(unsafe curl_set_list(handle, CURLOPT_CONNECT_TO, connectTo))
    }

    /// Makes libcurl record its error message.
    func keepErrorText() throws(CurlError) {
        try unsafe set(CURLOPT_ERRORBUFFER, errorText)
    }

    private static func list(_ lines: [String]) throws(CurlError) -> UnsafeMutablePointer<curl_slist>? {
        var list: UnsafeMutablePointer<curl_slist>?
        for line in lines {
            guard let longer = unsafe curl_slist_append(list, line) else {
                unsafe curl_slist_free_all(list)
                throw CurlError(code: CURLE_OUT_OF_MEMORY)
            }
            unsafe list = longer
        }
        return unsafe list
    }

    // MARK: Results

    /// libcurl's message for an error.
    func errorText(_ code: CURLcode) -> String {
        let text = unsafe String(cString: errorText)
        return text.isEmpty ? unsafe String(cString: curl_easy_strerror(code)) : text
    }

    /// A time since the start of the transfer in seconds; 0 when it was not reached.
    func seconds(_ info: CURLINFO) -> Double { Double(offset(info)) / 1e6 }

    func offset(_ info: CURLINFO) -> Int {
        var value: curl_off_t = 0
        return unsafe curl_get_offset(handle, info, &value) == CURLE_OK ? Int(value) : 0
    }

    /// All fields of the last response's header, names in lower case, in the order of arrival.
    ///
    /// The corresponding C function is `curl_easy_nextheader`.
    var responseHeaders: [OutgoingRequest.Header] {
        var headers: [OutgoingRequest.Header] = []
        var previous: UnsafeMutablePointer<curl_header>?
        while let field = unsafe curl_easy_nextheader(handle, UInt32(CURLH_HEADER), -1, previous) {
            let (name, value) = unsafe (String(cString: field.pointee.name), String(cString: field.pointee.value))
            headers.append(.init(name.lowercased(), value))
            unsafe previous = field
        }
        return headers
    }

    func integer(_ info: CURLINFO) -> Int {
        var value = 0
        return unsafe curl_get_long(handle, info, &value) == CURLE_OK ? value : 0
    }

    /// The number of connections that this transfer opened: none when it reused one.
    var openedConnections: Int { integer(CURLINFO_NUM_CONNECTS) }

    /// The certificate that the server presented, also on a reused connection.
    var peerCertificate: CertificateFacts? {
        guard let session = unsafe curl_tls_session(handle) else { return nil }
        return unsafe CertificateFacts.ofPeer(session: session)
    }

    /// Why the server of the connection is not the one with this name, by the CA certificates of a store.
    func problem(by store: TrustStore, name: String) -> String? {
        guard let session = unsafe curl_tls_session(handle) else { return "the connection has no TLS session" }
        return unsafe store.problem(ofPeer: session, name: name)
    }

    /// The presented certificates, the server's own first; empty on a reused connection.
    var presentedCertificates: [CertificateFacts] {
        var pointer: UnsafeMutableRawPointer?
        guard unsafe curl_get_pointer(handle, CURLINFO_CERTINFO, &pointer) == CURLE_OK,
            let info = unsafe pointer?.assumingMemoryBound(to: curl_certinfo.self).pointee
        else { return [] }
        var certificates: [CertificateFacts] = []
        for index in 0..<max(0, unsafe Int(info.num_of_certs)) {
            var entry = unsafe info.certinfo[index]
            while let line = unsafe entry {
                let text = unsafe String(cString: line.pointee.data)
                if text.hasPrefix("Cert:"), let facts = try? CertificateFacts(pem: String(text.dropFirst(5))) {
                    certificates.append(facts)
                }
                unsafe entry = line.pointee.next
            }
        }
        return certificates
    }
}

/// An option that libcurl refused.
struct CurlError: Error {
    let code: CURLcode

    static func check(_ code: CURLcode) throws(CurlError) {
        guard code == CURLE_OK else { throw CurlError(code: code) }
    }
}
