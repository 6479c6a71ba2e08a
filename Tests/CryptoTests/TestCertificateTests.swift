import Crypto
import Testing

@Suite struct TestCertificateTests {
    @Test func `the validity is the one asked for`() throws {
        let certificate = try TestCertificate(validity: 1_700_000_000..<1_800_000_000)
        #expect(try CertificateFacts(pem: certificate.chainPEM).expirySeconds == 1_800_000_000)
    }

    @Test func `the chain is the server's certificate and then the authority's`() throws {
        let certificate = try TestCertificate()
        #expect(certificate.chainPEM.hasSuffix(certificate.authorityPEM))
        #expect(certificate.chainPEM.split(separator: "-----BEGIN CERTIFICATE-----").count == 2)
        #expect(certificate.keyPEM.contains("PRIVATE KEY"))
    }

    @Test func `an authority signs more than one certificate`() throws {
        let first = try TestCertificate()
        let second = try TestCertificate(names: ["appliance.example", "192.0.2.1", "2001:db8::1"], issuer: first)
        #expect(second.authorityPEM == first.authorityPEM)
        #expect(second.chainPEM != first.chainPEM)
        #expect(second.keyPEM != first.keyPEM)
    }

    @Test(arguments: ["", "no certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
    func `text that is no certificate is an error of one line`(text: String) {
        let error = #expect(throws: CryptoError.self) { try CertificateFacts(pem: text) }
        #expect(error?.description.hasPrefix("certificate in PEM: ") == true)
        #expect(error?.description.contains("\n") == false)
    }
}
