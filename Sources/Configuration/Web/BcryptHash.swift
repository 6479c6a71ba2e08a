import Values

/// The form of a bcrypt hash, as `htpasswd -nbBC 10` prints it; whether a password fits is not asked here.
enum BcryptHash {
    /// At 16 a check takes some seconds, and one that takes hours would block every other.
    private static let costs = 4...16

    static func checked(_ text: String) throws(ValidationError) -> Secret {
        let bytes = Array(text.utf8)
        guard bytes.count == 60, ["$2a$", "$2b$", "$2y$"].contains(String(decoding: bytes[..<4], as: UTF8.self)),
            let cost = Int(String(decoding: bytes[4..<6], as: UTF8.self)), bytes[6] == UInt8(ascii: "$"),
            bytes[7...].allSatisfy(isLetter)
        else {
            throw ValidationError("must be a bcrypt hash like $2y$10$…; make one with htpasswd -nbBC 10 \"\" PASSWORD")
        }
        guard costs.contains(cost) else {
            throw ValidationError("has a cost outside \(costs.lowerBound) to \(costs.upperBound); 10 is usual")
        }
        return Secret(text)
    }

    /// The alphabet of crypt.
    private static func isLetter(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x2E...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: false
        }
    }
}
