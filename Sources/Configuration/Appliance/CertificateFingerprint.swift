import Values

/// The fingerprint of a certificate as people write it.
enum CertificateFingerprint {
    /// The bytes of 64 hexadecimal digits, with or without colons, as `openssl x509 -fingerprint -sha256` shows them.
    static func bytes(_ text: String) throws(ValidationError) -> [UInt8] {
        let digits = text.utf8.filter { $0 != UInt8(ascii: ":") }
        let values = digits.compactMap { Character(UnicodeScalar($0)).hexDigitValue }
        guard values.count == 64, digits.count == 64 else {
            throw ValidationError("is not the SHA-256 of a certificate: 64 hexadecimal digits")
        }
        return stride(from: 0, to: 64, by: 2).map { UInt8(values[$0] << 4 | values[$0 + 1]) }
    }
}
