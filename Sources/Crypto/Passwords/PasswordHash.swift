import CCrypt
import CGnuTLS

/// A password as it is stored: salted and hashed, so that it can be checked and not be read.
package struct PasswordHash: Sendable {
    private let text: String

    /// Takes what `crypt` makes, such as `$2y$10$…` for bcrypt.
    package init(_ text: String) { self.text = text }

    /// Whether this is the password; takes as long as the hash wants it to, tens to hundreds of milliseconds.
    ///
    /// The corresponding C function is `crypt_r`. A hash that is none fits nothing, and neither does a password with a
    /// zero, which C would read as its end.
    package func fits(_ password: [UInt8]) -> Bool {
        guard !password.contains(0) else { return false }
        // 32 KB, which crypt_r wants to be zero at first.
        return unsafe withUnsafeTemporaryAllocation(of: crypt_data.self, capacity: 1) { room in
            guard let data = room.baseAddress else { return false }
            unsafe UnsafeMutableRawBufferPointer(start: data, count: MemoryLayout<crypt_data>.size)
                .initializeMemory(as: UInt8.self, repeating: 0)
            let phrase = password.map { CChar(bitPattern: $0) } + [0]
            guard let made = unsafe crypt_r(phrase, text, data) else { return false }
            return unsafe isEqual(String(cString: made))
        }
    }

    /// Takes the same time wherever the two differ.
    private func isEqual(_ made: String) -> Bool {
        let (made, wanted) = (Array(made.utf8), Array(text.utf8))
        // A failure of crypt_r begins with a star, which no hash does.
        guard made.first != UInt8(ascii: "*"), made.count == wanted.count else { return false }
        return unsafe gnutls_memcmp(made, wanted, made.count) == 0
    }
}
