import Crypto
import Glibc
import Values

/// A small regular file, read whole.
struct FileContent {
    let bytes: [UInt8]
    /// Whether every user of the machine may read it.
    let isReadableByOthers: Bool

    /// Reads at most `limit` bytes. A longer file, a directory or a pipe is refused; nothing here waits.
    init(path: String, limit: Int) throws(ValidationError) {
        guard !path.isEmpty, !path.utf8.contains(0) else { throw ValidationError("is not the name of a file") }
        // Without O_NONBLOCK, opening a named pipe without a writer would block for ever.
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard descriptor >= 0 else { throw Self.error(errno) }
        defer { close(descriptor) }
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { throw Self.error(errno) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw ValidationError(status.st_mode & S_IFMT == S_IFDIR ? "is a directory" : "is not a regular file")
        }
        isReadableByOthers = status.st_mode & S_IROTH != 0
        bytes = try Self.read(descriptor, limit: limit)
    }

    /// Whether something of this name exists; the corresponding C function is `access`.
    static func exists(_ path: String) -> Bool { unsafe access(path, F_OK) == 0 }

    private static func read(_ descriptor: Int32, limit: Int) throws(ValidationError) -> [UInt8] {
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 16_384)
        while true {
            let count = unsafe Glibc.read(descriptor, &piece, piece.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw error(errno) }
            guard count > 0 else { return bytes }
            bytes += piece.prefix(count)
            guard bytes.count <= limit else { throw ValidationError("is larger than \(limit) bytes") }
        }
    }

    private static func error(_ code: Int32) -> ValidationError {
        switch code {
        case ENOENT: ValidationError("no such file")
        case EACCES, EPERM: ValidationError("permission denied; give this user read access")
        case ENOTDIR: ValidationError("not a directory; check the path")
        case ELOOP: ValidationError("has too many symbolic links")
        // The answer to opening a socket, or a device without hardware.
        case ENXIO: ValidationError("is not a regular file")
        case ENAMETOOLONG: ValidationError("has a name that is too long")
        default: ValidationError("cannot be read (errno \(code))")
        }
    }
}

/// Checks that a PEM file can be used, so that a mistake shows before the first connection.
enum PEMFile {
    /// What the file must contain at least once.
    enum Block: String {
        case certificate = "CERTIFICATE"
        case privateKey = "PRIVATE KEY"
    }

    /// What the file contains, if it can be used as such a block; the largest bundles have half a megabyte.
    static func text(_ path: String, holds block: Block) throws(ValidationError) -> (String, isReadableByOthers: Bool) {
        let content = try FileContent(path: path, limit: 8_388_608)
        let text = try checked(text: String(decoding: content.bytes, as: UTF8.self), holds: block)
        return (text, content.isReadableByOthers)
    }

    /// The text again, if every block of it can be used.
    static func checked(text: String, holds block: Block) throws(ValidationError) -> String {
        guard text.contains("-----BEGIN "), text.contains("\(block.rawValue)-----") else {
            throw ValidationError("holds no \(block.rawValue.lowercased()) in PEM form")
        }
        switch block {
        case .certificate: try checkCertificates(text)
        case .privateKey:
            // There is no setting for a passphrase.
            guard !text.contains("ENCRYPTED") else {
                throw ValidationError("holds an encrypted private key; decrypt it with openssl pkey")
            }
        }
        return text
    }

    /// Throws unless the private key belongs to the first certificate; both are PEM text.
    static func checkPair(certificate: String, key: String) throws(ValidationError) {
        do throws(CryptoError) {
            try KeyPair.check(certificatePEM: certificate, keyPEM: key)
        } catch {
            throw ValidationError(
                "does not belong to the certificate (\(error.detail)); check that both are of one pair")
        }
    }

    private static func checkCertificates(_ text: String) throws(ValidationError) {
        guard !text.contains("-----BEGIN TRUSTED CERTIFICATE-----") else {
            throw ValidationError(
                "holds a TRUSTED CERTIFICATE, a form that only OpenSSL reads; convert it with openssl x509")
        }
        var rest = Array(text.utf8)[...]
        var count = 0
        while let begin = marker("BEGIN", in: rest) {
            count += 1
            let inner = rest[begin.lowerBound...]
            guard let end = marker("END", in: inner),
                CertificateFacts.isReadable(pem: inner[..<end.upperBound])
            else {
                throw ValidationError(
                    "has a certificate that cannot be decoded, number \(count) of the file; copy it again")
            }
            rest = rest[end.upperBound...]
        }
    }

    /// The first mark of the begin or the end of a certificate. Neither regular expressions nor the search of collections
    /// are quick enough for a bundle in each appliance's `ca_file`.
    private static func marker(_ word: String, in text: ArraySlice<UInt8>) -> Range<Int>? {
        let start = Array("-----\(word) ".utf8)
        let ends = ["CERTIFICATE-----", "X509 CERTIFICATE-----"].map { Array($0.utf8) }
        var rest = text
        while let dash = rest.firstIndex(of: UInt8(ascii: "-")) {
            rest = rest[dash...]
            guard rest.starts(with: start) else {
                rest = rest.dropFirst()
                continue
            }
            rest = rest.dropFirst(start.count)
            if let end = ends.first(where: { rest.starts(with: $0) }) { return dash..<rest.startIndex + end.count }
        }
        return nil
    }
}
