import Darktrace
import Foundation
import Testing

@Suite struct SignatureTests {
    /// One signature that the code of another client made, from the file of figures.
    struct Vector: Decodable, Sendable, CustomTestStringConvertible {
        let client: String
        let public_token: String
        let private_token: String
        let date: String
        let date_format: String
        let path_on_wire: String
        let string_to_sign: String
        let signature: String

        var testDescription: String { "\(date_format) \(path_on_wire)" }
        var credentials: Credentials { Credentials(publicToken: public_token, privateToken: private_token) }
        /// Some clients sign values that they then send encoded; what was signed is the target of the vector.
        var signedTarget: String { String(string_to_sign.prefix { $0 != "\n" }) }

        static let all: [Vector] = {
            struct File: Decodable { let vectors: [Vector] }
            guard
                let url = Bundle.module.url(
                    forResource: "signature-vectors", withExtension: "json", subdirectory: "Fixtures"),
                let data = try? Data(contentsOf: url), let file = try? JSONDecoder().decode(File.self, from: data)
            else { return [] }
            return file.vectors
        }()
    }

    @Test func `the file of figures is there`() {
        #expect(Vector.all.count == 6)
    }

    @Test(arguments: Vector.all)
    func `a signature equals that of the client it was taken from`(vector: Vector) throws {
        let text = Signature.stringToSign(
            target: vector.signedTarget, publicToken: vector.public_token, date: vector.date)
        #expect(text == vector.string_to_sign)
        let hexadecimal = try Signature.hexadecimal(
            target: vector.signedTarget, credentials: vector.credentials, date: vector.date)
        #expect(hexadecimal == vector.signature)
    }

    @Test(arguments: Vector.all.filter { $0.date_format != "ISO-8601 with microseconds and +00:00" })
    func `header and signature carry the same instant`(vector: Vector) throws {
        let isSpaced = vector.date_format == "spaced"
        let milliseconds: Int64 = vector.date == "20190101T010000" ? 1_546_304_400_999 : 1_768_469_400_000
        let headers = try Signature.headers(
            target: vector.signedTarget, credentials: vector.credentials, at: milliseconds,
            format: isSpaced ? .spaced : .compact)
        #expect(
            headers == [
                .init("DTAPI-Token", vector.public_token), .init("DTAPI-Date", vector.date),
                .init("DTAPI-Signature", vector.signature),
            ])
    }

    @Test func `credentials do not print`() {
        let credentials = Credentials(publicToken: "pub-1234", privateToken: "priv-5678")
        var dumped = ""
        dump(credentials, to: &dumped)
        for text in ["\(credentials)", String(reflecting: credentials), dumped, "\([credentials])"] {
            #expect(!text.contains("1234") && !text.contains("5678"))
        }
    }
}
