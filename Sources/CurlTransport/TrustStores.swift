import CCurl
import Crypto
import Darktrace
import Glibc

/// The CA certificates of the files that endpoints name, parsed once for all connections. It stays on the loop's thread.
///
/// libcurl would parse them again for each connection and keep them as long as that is open: with the bundle of a system
/// four megabytes for each appliance, and 20 ms in which no other transfer proceeds.
final class TrustStores {
    /// Those of the files that were used last, the latest first. If each appliance has a file of its own, most are parsed
    /// again for a new connection, which is quick for few certificates.
    private var stores: [(path: String, contents: [UInt8], store: TrustStore)] = []

    private static let limit = 4

    /// The store that the server of an endpoint is verified with, by what its file contains now.
    ///
    /// - Throws: `TransportError` when there is none.
    func store(for endpoint: Endpoint) throws(TransportError) -> TrustStore {
        do throws(CryptoError) {
            if let file = endpoint.tls.caFile ?? TLSFileContents.systemBundle,
                let contents = CertificateFile.bytes(file)
            {
                return try store(file, contents)
            }
            // A system may have a directory of certificates instead of the bundle.
            if endpoint.tls.caFile == nil, let directory = Self.systemDirectory {
                return try TrustStore(directory: directory)
            }
            throw CryptoError("the CA certificates cannot be read", "check the file and its permissions")
        } catch {
            let place = endpoint.tls.caFile.map { "ca_file \($0)" } ?? "the system"
            throw TransportError(.unexpected, "\(place): \(error)")
        }
    }

    private func store(_ path: String, _ contents: [UInt8]) throws(CryptoError) -> TrustStore {
        if let place = stores.firstIndex(where: { $0.path == path }) {
            let known = stores.remove(at: place)
            if known.contents == contents {
                stores.insert(known, at: 0)
                return known.store
            }
        }
        let store = try TrustStore(pem: contents)
        stores.insert((path, contents, store), at: 0)
        if stores.count > Self.limit { stores.removeLast() }
        return store
    }

    /// The directory of the system's CA certificates that libcurl was built for.
    private static let systemDirectory: String? = {
        guard let info = unsafe curl_version_now(), let path = unsafe info.pointee.capath else { return nil }
        return unsafe String(cString: path)
    }()
}
