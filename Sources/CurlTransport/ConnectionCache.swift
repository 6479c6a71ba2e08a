import CCurl

/// The open connections of one transport, and what TLS needs to resume its sessions: libcurl's `CURLSH *`. It stays on
/// the loop's thread.
///
/// libcurl reuses a connection by the names of the TLS files and not by their content, and keeps few connections for
/// all transfers of a loop together. A cache per transport can be dropped when a file changes, and no transport takes
/// the place of another one's connection.
@safe
final class ConnectionCache {
    let handle: UnsafeMutableRawPointer

    init?() {
        guard let handle = unsafe curl_share_init() else { return nil }
        guard unsafe curl_share_connections(handle) == CURLSHE_OK,
            unsafe curl_share_tls_sessions(handle) == CURLSHE_OK
        else {
            unsafe curl_share_cleanup(handle)
            return nil
        }
        unsafe self.handle = handle
    }

    /// Closes the connections; every easy handle that uses the cache keeps it alive.
    deinit { unsafe curl_share_cleanup(handle) }
}
