import Darktrace

/// Checks the three authentication headers of a request as an appliance does.
struct Verifier: Sendable {
    /// Which text the client must have signed.
    enum Signing: String, Sendable, CaseIterable {
        /// The target as sent.
        case encoded
        /// The target with its query percent-decoded.
        case unencoded
        /// Either of them, as version 7.1.0 accepts.
        case either
    }

    /// Why a request is rejected.
    enum Refusal: String, Sendable {
        case signature = "API SIGNATURE ERROR"
        case date = "API DATE ERROR"
    }

    var credentials: Credentials
    /// The appliance's clock, in milliseconds since 1970.
    var now: Int64
    var refusedForms: Set<DateForm> = []
    /// The largest difference between date and clock; nil for no limit.
    var windowMilliseconds: Int64? = 1_800_000
    var signing = Signing.either

    /// Why an appliance rejects the request; nil if it accepts it.
    ///
    /// - Parameter body: The body of the request. It takes the place of the query in the signed text, byte for byte; the
    ///   query of such a request is not signed.
    func refusal(target: String, body: [UInt8] = [], date: String, signature: String) -> Refusal? {
        guard let (form, milliseconds) = DateForm.read(date), !refusedForms.contains(form) else { return .date }
        if let windowMilliseconds, abs(milliseconds - now) > windowMilliseconds { return .date }
        return signedTargets(target, body).contains { isSigned($0, date: date, signature: signature) }
            ? nil : .signature
    }

    private func isSigned(_ target: String, date: String, signature: String) -> Bool {
        guard let expected = try? Signature.hexadecimal(target: target, credentials: credentials, date: date)
        else { return false }
        return expected == signature
    }

    private func signedTargets(_ target: String, _ body: [UInt8]) -> [String] {
        let mark = target.utf8.firstIndex(of: UInt8(ascii: "?"))
        guard body.isEmpty else {
            return ["\(target[..<(mark ?? target.endIndex)])?\(String(decoding: body, as: UTF8.self))"]
        }
        let decoded = mark.map { "\(target[..<$0])?" + QueryItems.decoded(target[$0...].dropFirst().utf8) } ?? target
        switch signing {
        case .encoded: return [target]
        case .unencoded: return [decoded]
        case .either: return target == decoded ? [target] : [target, decoded]
        }
    }
}
