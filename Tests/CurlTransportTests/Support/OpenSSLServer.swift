import Crypto
import Foundation
import Testing

/// `openssl s_server`, which answers each request with a page about its connection, and closes that.
struct OpenSSLServer {
    let port: Int
    private let process = Process()

    /// - Parameter options: Further options of `s_server`.
    init(_ certificate: TestCertificate, _ options: [String]) throws {
        try self.init(
            certificate: Appliance.file(certificate.chainPEM), key: Appliance.file(certificate.keyPEM),
            ["-CAfile", Appliance.file(certificate.authorityPEM)] + options)
    }

    /// - Parameters:
    ///   - certificate: A file with the certificate.
    ///   - key: A file with its key.
    ///   - options: Further options of `s_server`.
    init(certificate: String, key: String, _ options: [String]) throws {
        process.executableURL = URL(filePath: "/usr/bin/openssl")
        process.arguments =
            ["s_server", "-accept", "127.0.0.1:0", "-cert", certificate, "-key", key, "-www"] + options
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        process.standardInput = FileHandle.nullDevice
        try process.run()
        var text = ""
        while true {
            if let port = text.firstMatch(of: /ACCEPT 127\.0\.0\.1:([0-9]+)\n/)?.1 {
                self.port = try #require(Int(port))
                return
            }
            // `read(upToCount:)` would wait for all the bytes.
            let data = output.fileHandleForReading.availableData
            try #require(!data.isEmpty, "openssl ended: \(text)")
            text += String(decoding: data, as: UTF8.self)
        }
    }

    func stop() { process.terminate() }
}
