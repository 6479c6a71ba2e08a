import Values

/// A file that an appliance names: it is read when it is used, so that a mistake in it concerns that appliance only.
struct ApplianceFile: Sendable {
    /// What the file has to contain.
    enum Kind: Sendable { case token, authorities, certificate, privateKey }

    let kind: Kind
    let path: String
    /// The key that names the file.
    let place: SourceLocation
    /// The error as a message about this file, with its path.
    private let redaction: Redaction

    /// The file that a value names.
    init(_ kind: Kind, path: String, _ reader: ValueReader) {
        self.kind = kind
        self.path = path
        place = reader.place
        redaction = reader.source.redaction
    }

    /// Reads each of these files, which belong to one appliance, and adds what is wrong with them.
    static func check(_ files: [ApplianceFile], findings: inout Findings) {
        for file in files {
            do throws(ValidationError) {
                try file.check()
            } catch {
                findings.add(file.error(error))
            }
        }
        guard let certificate = files.first(where: { $0.kind == .certificate }),
            let key = files.first(where: { $0.kind == .privateKey }),
            let certificateText = try? PEMFile.text(certificate.path, holds: .certificate).0,
            let keyText = try? PEMFile.text(key.path, holds: .privateKey).0
        else { return }
        do throws(ValidationError) {
            try PEMFile.checkPair(certificate: certificateText, key: keyText)
        } catch {
            findings.add(key.error(error))
        }
    }

    /// What is odd about the files as they are now; those that cannot be read are left to the poll that uses them.
    static func warn(_ files: [ApplianceFile], findings: inout Findings) {
        for file in files where file.kind == .token {
            guard let content = try? FileContent(path: file.path, limit: Token.sizeLimit) else { continue }
            if content.isReadableByOthers {
                findings.warn(
                    file.place,
                    "every user of this machine may read the token file \(file.shownPath); chmod it to 600")
            }
            if let doubt = (try? Token.checked(content.bytes)).flatMap(Token.doubt) {
                findings.warn(file.place, "\(file.shownPath) \(doubt)")
            }
        }
    }

    private var shownPath: String { redaction.shownPath(path) }

    private func check() throws(ValidationError) {
        switch kind {
        case .token: _ = try Token.checked(try FileContent(path: path, limit: Token.sizeLimit).bytes)
        case .authorities, .certificate: _ = try PEMFile.text(path, holds: .certificate)
        case .privateKey: _ = try PEMFile.text(path, holds: .privateKey)
        }
    }

    private func error(_ error: ValidationError) -> ConfigurationError {
        ConfigurationError(place: place, problem: "\(shownPath): \(error.description)")
    }
}

extension Settings.TLS {
    /// Reads the files that these settings name, as a connection does.
    ///
    /// - Throws: `TLSFileError` for the first that is missing, unreadable or unusable.
    package func checkFiles() throws(TLSFileError) {
        _ = try Self.text("ca_file", caFile, holds: .certificate)
        guard let certificate = try Self.text("cert_file", certFile, holds: .certificate), let keyFile,
            let key = try Self.text("key_file", keyFile, holds: .privateKey)
        else { return }
        do throws(ValidationError) {
            try PEMFile.checkPair(certificate: certificate, key: key)
        } catch {
            throw TLSFileError(key: "key_file", path: keyFile, problem: error.description)
        }
    }

    private static func text(
        _ key: String, _ path: String?, holds block: PEMFile.Block
    ) throws(TLSFileError) -> String? {
        guard let path else { return nil }
        do throws(ValidationError) {
            return try PEMFile.text(path, holds: block).0
        } catch {
            throw TLSFileError(key: key, path: path, problem: error.description)
        }
    }
}

/// A certificate or key file of an appliance that cannot be used.
package struct TLSFileError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The key of `tls_config` that names the file.
    package let key: String
    /// The file, as configured.
    package let path: String
    /// What is wrong, without anything that the file contains.
    package let problem: String

    /// One line: `ca_file "ca.pem": no such file`.
    package var description: String { "\(key) \(Redaction().shownPath(path)): \(problem)" }
}
