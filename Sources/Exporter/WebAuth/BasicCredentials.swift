import Crypto

/// A name and a password as a client sends them (RFC 7617).
struct BasicCredentials {
    let user: String
    let password: [UInt8]

    init(user: String, password: [UInt8]) {
        self.user = user
        self.password = password
    }

    /// Reads the value of `Authorization`; nil for another scheme, and for what is not base64 of a name and a password.
    init?(_ value: String) {
        let parts = value.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "basic",
            let bytes = base64Decoded(String(parts[1])), let colon = bytes.firstIndex(of: UInt8(ascii: ":"))
        else { return nil }
        user = String(decoding: bytes[..<colon], as: UTF8.self)
        password = Array(bytes[(colon + 1)...])
    }
}
