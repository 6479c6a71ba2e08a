package import Crypto
import Glibc

/// The token pair of one API user. It never prints its content.
package struct Credentials: Sendable, Equatable, CustomStringConvertible, CustomDebugStringConvertible,
    CustomReflectable
{
    /// Sent with every request, and part of the string to sign.
    package let publicToken: String
    /// The key of the signature. It never leaves the process.
    package let privateToken: String

    package init(publicToken: String, privateToken: String) {
        self.publicToken = publicToken
        self.privateToken = privateToken
    }

    package var description: String { "<credentials>" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// The authentication of a request: three headers that are valid for about thirty minutes.
///
/// The signature covers neither method nor host, so anyone who sees the headers can repeat the request: they are never
/// logged.
package enum Signature {
    /// Path and query exactly as sent, the public token and the date, joined by line feeds.
    package static func stringToSign(target: String, publicToken: String, date: String) -> String {
        "\(target)\n\(publicToken)\n\(date)"
    }

    /// The signature in lower-case hexadecimal: HMAC-SHA1 of the string to sign under the private token.
    package static func hexadecimal(
        target: String, credentials: Credentials, date: String
    ) throws(CryptoError) -> String {
        let text = stringToSign(target: target, publicToken: credentials.publicToken, date: date)
        let digest = try hmacSHA1(key: Array(credentials.privateToken.utf8), message: Array(text.utf8))
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    /// The headers of one attempt: the same time goes into the date header and into the signature.
    ///
    /// - Parameters:
    ///   - target: Path and query exactly as they will be sent.
    ///   - milliseconds: Since 1970, by the clock that the appliance will compare with its own.
    package static func headers(
        target: String, credentials: Credentials, at milliseconds: Int64, format: DateFormat
    ) throws(CryptoError) -> [OutgoingRequest.Header] {
        let date = format.text(milliseconds)
        return [
            .init("DTAPI-Token", credentials.publicToken),
            .init("DTAPI-Date", date),
            .init("DTAPI-Signature", try hexadecimal(target: target, credentials: credentials, date: date)),
        ]
    }
}

/// The form of the date in a request, always in UTC. Appliances of one version differ in what they accept.
package enum DateFormat: String, Sendable, CaseIterable {
    /// `2026-01-15 09:30:00`: every known appliance accepts this form.
    case spaced
    /// `20260115T093000`
    case compact
    /// `2026-01-15T09:30:00.123000+00:00`
    case iso8601

    /// The date as it appears in the header and in the string to sign; `milliseconds` since 1970.
    ///
    /// The corresponding C functions are `gmtime_r` and `strftime`.
    package func text(_ milliseconds: Int64) -> String {
        let (seconds, rest) = milliseconds.dividedRoundingDown(by: 1_000)
        switch self {
        case .spaced: return Self.utc(seconds, "%Y-%m-%d %H:%M:%S")
        case .compact: return Self.utc(seconds, "%Y%m%dT%H%M%S")
        case .iso8601:
            let digits = String(rest)
            let padded = String(repeating: "0", count: 3 - digits.count) + digits
            return Self.utc(seconds, "%Y-%m-%dT%H:%M:%S") + ".\(padded)000+00:00"
        }
    }

    private static func utc(_ seconds: Int64, _ format: String) -> String {
        var time = time_t(seconds)
        var fields = unsafe tm()
        // It fails only for years beyond 32 bits, and then leaves 1900-01-00, which the appliance refuses.
        unsafe gmtime_r(&time, &fields)
        var buffer = [CChar](repeating: 0, count: 64)
        let length = unsafe strftime(&buffer, buffer.count, format, &fields)
        return String(decoding: buffer.prefix(length).map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}

extension Int64 {
    /// Quotient and remainder; the remainder is never negative.
    func dividedRoundingDown(by divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}
