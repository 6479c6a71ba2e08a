package import Crypto

/// What proves to an appliance that a request is ours: three headers, good for about thirty minutes.
///
/// It binds neither method nor host, so whoever sees the headers can repeat the request: they are never logged.
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

    /// The headers of one try: the same instant goes into the date header and into the signature.
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
