import Crypto
import Glibc
import HTTPServer
import Values

/// Serves a file over TLS for every request, compressed if there is a compressed file and the client accepts gzip.
func serve(_ path: String, caFile: String) throws {
    let plain = SharedBody([SharedBuffer(try contents(of: path))])
    let compressed = (try? contents(of: path + ".gz")).map { SharedBody([SharedBuffer($0)]) }
    let certificate = try TestCertificate()
    guard let file = unsafe fopen(caFile, "w") else { throw BenchmarkError(description: "\(caFile) cannot be written") }
    unsafe fputs(certificate.authorityPEM, file)
    unsafe fclose(file)
    let identity = TLSIdentity(certificatePEM: certificate.chainPEM, keyPEM: certificate.keyPEM)
    let addresses = [try ListenAddress(parsing: "127.0.0.1:0")]
    let server = try Server(ServerConfiguration(addresses: addresses, identity: identity)) { request in
        let takesGzip = request.values(of: "accept-encoding").contains { $0.contains("gzip") }
        var response = Response(status: 200, headers: [("Content-Type", "application/json")], body: .shared(plain))
        if takesGzip, let compressed {
            response.headers.append(("Content-Encoding", "gzip"))
            response.body = .shared(compressed)
        }
        return response
    }
    print(server.boundAddresses.map { "\($0)" }.joined(separator: " "))
    fflush(nil)
    while getchar() != EOF {}
    server.stop(graceSeconds: 0)
}
