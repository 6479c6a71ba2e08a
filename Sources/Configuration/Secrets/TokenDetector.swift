/// Tells texts that look like a token from words, paths and addresses.
enum TokenDetector {
    /// Whether somewhere stand twenty letters and digits in a row with a digit among them, or a UUID.
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
