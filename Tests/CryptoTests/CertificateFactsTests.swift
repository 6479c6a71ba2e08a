import Crypto
import Testing

/// What is read from the certificates that a peer presents.
@Suite struct CertificateFactsTests {
    /// The certificates of a PEM text.
    private func facts(_ chain: String) throws -> [CertificateFacts] {
        let end = "-----END CERTIFICATE-----"
        return try chain.split(separator: end).filter { $0.contains("BEGIN") }
            .map { try CertificateFacts(pem: String($0) + end + "\n") }
    }

    @Test func `the expiry is that of the path, not of certificates sent along`() throws {
        let (now, end): (Int64, Int64) = (1_900_000_000, 2_000_000_000)
        let server = try TestCertificate(validity: 1_800_000_000..<end)
        let spare = try TestCertificate(names: ["old.example"], validity: 1_500_000_000..<1_600_000_000)
        let chain = try facts(server.chainPEM + spare.chainPEM)
        #expect(chain.count == 4)
        #expect(CertificateFacts.expiry(of: chain) == end)
        #expect(CertificateFacts.expiry(of: chain, verifiedAt: now) == end)
        #expect(CertificateFacts.expiry(of: [chain[0]]) == end)
        #expect(CertificateFacts.expiry(of: []) == nil)
    }

    @Test func `an expired certificate of the path counts, unless the path was verified without it`() throws {
        let end: Int64 = 1_600_000_000
        let chain = try facts(TestCertificate(validity: 1_500_000_000..<end).chainPEM)
        #expect(CertificateFacts.expiry(of: chain) == end)
        #expect(CertificateFacts.expiry(of: chain, verifiedAt: end + 1) == chain[1].expirySeconds)
    }
}
