import Crypto
import Testing

@Suite struct KeyPairTests {
    @Test func `a key belongs to its own certificate only`() throws {
        let (one, other) = (try TestCertificate(), try TestCertificate())
        #expect(throws: Never.self) { try KeyPair.check(certificatePEM: one.chainPEM, keyPEM: one.keyPEM) }
        for (certificate, key) in [(one.chainPEM, other.keyPEM), (one.chainPEM, "x"), ("x", one.keyPEM)] {
            #expect(throws: CryptoError.self) { try KeyPair.check(certificatePEM: certificate, keyPEM: key) }
        }
    }
}
