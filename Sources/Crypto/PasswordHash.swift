import CCrypt
import CGnuTLS

/// A stored password: salted and hashed, so that it can be verified but not read.
package struct PasswordHash: Sendable {
    private let text: String

    /// A hash in the format of `crypt`, such as `$2y$10$…` for bcrypt.
    package init(_ text: String) { self.text = text }

    /// Whether this is the password; takes as long as the hash demands, tens to hundreds of milliseconds.
    ///
    /// The corresponding C function is `crypt_r`. An invalid hash matches nothing, and neither does a password with a
    /// zero byte, which C would read as its end.
    package func fits(_ password: [UInt8]) -> Bool {
        guard !password.contains(0) else { return false }
        // 32 KB, which crypt_r requires to be zero.
        return unsafe withUnsafeTemporaryAllocation(of: crypt_data.self, capacity: 1) { buffer in
            guard let data = buffer.baseAddress else { return false }
            unsafe UnsafeMutableRawBufferPointer(start: data, count: MemoryLayout<crypt_data>.size)
                .initializeMemory(as: UInt8.self, repeating: 0)
            let phrase = password.map { CChar(bitPattern: $0) } + [0]
            guard let made = unsafe crypt_r(phrase, text, data) else { return false }
            return unsafe isEqual(String(cString: made))
        }
    }

    /// Takes the same time wherever the two differ.
    private func isEqual(_ made: String) -> Bool {
        let (made, expected) = (Array(made.utf8), Array(text.utf8))
        // A failure of crypt_r starts with a star, which no hash does.
        guard made.first != UInt8(ascii: "*"), made.count == expected.count else { return false }
        return unsafe gnutls_memcmp(made, expected, made.count) == 0
    }
}
