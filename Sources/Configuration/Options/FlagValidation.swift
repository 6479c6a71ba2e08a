import Values

/// The rules for the values of flags.
enum FlagValidation {
    static func path(_ text: String) throws(ValidationError) -> String {
        guard !text.isEmpty else { throw ValidationError("needs the name of a file") }
        return text
    }

    /// A path of its own, of characters that need no escaping in a URL.
    static func telemetryPath(_ text: String) throws(ValidationError) -> String {
        guard text.hasPrefix("/") else { throw ValidationError("must begin with /") }
        guard text != "/" else { throw ValidationError("must not be / where the landing page is") }
        guard text != "/-", !text.hasPrefix("/-/") else {
            throw ValidationError("must not begin with /-/ where health and readiness are")
        }
        let isPlain = text.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
            default: "/-._~".utf8.contains(byte)
            }
        }
        guard isPlain, !text.contains("//") else {
            throw ValidationError("must hold only letters, digits, / - . _ and ~, and no //")
        }
        return text
    }

    static func requestLimit(_ text: String) throws(ValidationError) -> Int {
        guard let number = Int(text), (0...1_000_000).contains(number) else {
            throw ValidationError("needs a whole number from 0 to 1000000")
        }
        return number
    }

    /// Checks only the form: whether the address can be bound shows when it is.
    static func listenAddress(_ text: String) throws(ValidationError) -> String {
        do throws(InvalidListenAddress) {
            _ = try ListenAddress(parsing: text)
            return text
        } catch {
            throw ValidationError(error.reason)
        }
    }

    static func choice<Choice: RawRepresentable<String> & CaseIterable>(_ text: String) throws(ValidationError)
        -> Choice
    {
        guard let choice = Choice(rawValue: text) else {
            throw ValidationError("must be one of \(Choice.allCases.commaSeparated)")
        }
        return choice
    }
}
