import CCurl
import Glibc

/// What the TLS files of an endpoint contained at one time, to recognize that one has changed.
///
/// It compares contents, because neither the time of a file nor its inode changes with certainty when a file is
/// replaced, remounted or restored.
struct TLSFileContents: Equatable {
    private let hashes: [Int?]

    /// Reads the files; nil without TLS.
    init?(_ endpoint: Endpoint) {
        guard endpoint.isSecure else { return nil }
        let tls = endpoint.tls
        let usesSystemStore = tls.caFile == nil && tls.fingerprint == nil && !tls.insecureSkipVerify
        let files = [usesSystemStore ? Self.systemBundle : tls.caFile, tls.certFile, tls.keyFile]
        hashes = files.map { $0.flatMap(CertificateFile.bytes).map(Self.hash) }
    }

    private static func hash(_ bytes: [UInt8]) -> Int {
        var hasher = Hasher()
        unsafe bytes.withUnsafeBytes { unsafe hasher.combine(bytes: $0) }
        return hasher.finalize()
    }

    /// The file of the system's CA certificates that libcurl was built for.
    static let systemBundle: String? = {
        guard let info = unsafe curl_version_now(), let path = unsafe info.pointee.cainfo else {
            return nil
        }
        return unsafe String(cString: path)
    }()
}

/// A PEM file that libcurl reads as well.
enum CertificateFile {
    /// What the check of the configuration accepts as well.
    private static let limit = 8 << 20

    /// Its text; nil if it cannot be read or is larger than any such file.
    static func text(_ path: String) -> String? { bytes(path).map { String(decoding: $0, as: UTF8.self) } }

    /// Its content; nil if it cannot be read or is larger than any such file.
    static func bytes(_ path: String) -> [UInt8]? {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var facts = stat()
        guard unsafe fstat(descriptor, &facts) == 0 else { return nil }
        // One read takes the whole file, and the next one finds its end; a file may grow, or have no size.
        let size = min(max(Int(facts.st_size) + 1, 16_384), limit)
        var bytes: [UInt8] = []
        while bytes.count < limit {
            var count = 0
            let piece = unsafe [UInt8](unsafeUninitializedCapacity: size) { buffer, initialized in
                count = unsafe read(descriptor, buffer.baseAddress, size)
                initialized = max(0, count)
            }
            guard count >= 0 else { return nil }
            if count == 0 { return bytes }
            if bytes.isEmpty { bytes = piece } else { bytes += piece }
        }
        return nil
    }
}
