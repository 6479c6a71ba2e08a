/// Distinguishes tokens and passwords from words, paths and addresses.
enum TokenDetector {
    /// Whether the text contains twenty letters and digits in a row with a digit among them, or a UUID.
    static func isFound(in text: String) -> Bool {
        var plain = Run()
        var hexadecimal = Run()
        for byte in text.utf8 {
            let isDigit = (0x30...0x39).contains(byte)
            switch byte {
            case 0x30...0x39, 0x41...0x46, 0x61...0x66:
                plain.add(isDigit)
                hexadecimal.add(isDigit)
            case 0x47...0x5A, 0x67...0x7A, UInt8(ascii: "+"), UInt8(ascii: "="):
                plain.add(isDigit)
                hexadecimal = Run()
            case UInt8(ascii: "-"):
                plain = Run()
                hexadecimal.add(false)
            default: (plain, hexadecimal) = (Run(), Run())
            }
            if plain.reaches(20) || hexadecimal.reaches(36) { return true }
        }
        return false
    }

    /// Whether a text of at least eight characters mixes three of: lower case, upper case, digits, other characters.
    ///
    /// No key, flag or command does; `-`, `_` and `.` do not count.
    static func isPassword(_ text: String) -> Bool {
        guard text.utf8.count >= 8 else { return false }
        var kinds: Set<Int> = []
        for byte in text.utf8 {
            switch byte {
            case 0x61...0x7A: kinds.insert(0)
            case 0x41...0x5A: kinds.insert(1)
            case 0x30...0x39: kinds.insert(2)
            case UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."): break
            default: kinds.insert(3)
            }
        }
        return kinds.count >= 3
    }

    /// Whether a text is written like a path: with an extension at its end, or from a directory to a name that is not
    /// itself like a token. A token that was pasted as a path ends like one, also below the directory of the file.
    static func isPath(_ text: String) -> Bool {
        let name = text.split(separator: "/", omittingEmptySubsequences: false).last.map(String.init) ?? text
        guard !name.contains("="), !name.contains("+") else { return false }
        if let dot = name.lastIndex(of: "."), dot > name.startIndex {
            let end = name[dot...].dropFirst()
            if (1...8).contains(end.count), end.utf8.allSatisfy({ (0x61...0x7A).contains($0) }) { return true }
        }
        return ["/", "./", "../", "~/"].contains(where: text.hasPrefix) && !isFound(in: name)
    }

    private struct Run {
        private var length = 0
        private var hasDigit = false

        mutating func add(_ isDigit: Bool) {
            length += 1
            hasDigit = hasDigit || isDigit
        }

        func reaches(_ least: Int) -> Bool { length >= least && hasDigit }
    }
}
