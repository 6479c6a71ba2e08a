import Darktrace
import Testing

@testable import Simulator

@Suite struct VerifierTests {
    private let credentials = Credentials(publicToken: "public", privateToken: "private")

    private func verifier(_ change: (inout Verifier) -> Void = { _ in }) -> Verifier {
        var verifier = Verifier(credentials: credentials, now: SimulatorFixture.now)
        change(&verifier)
        return verifier
    }

    private func sign(_ target: String, _ date: String) throws -> String {
        try Signature.hexadecimal(target: target, credentials: credentials, date: date)
    }

    @Test(arguments: [
        ("2026-01-15 09:30:00", nil), ("2026-01-15 10:00:00", nil), ("2026-01-15 09:00:00", nil),
        ("2026-01-15 10:00:01", Verifier.Refusal.date), ("2026-01-15 08:59:59", .date), ("20260115T093000", nil),
        ("2026-01-15T09:30:00.123456+00:00", nil), ("2026-01-15 11:30:00", .date), ("yesterday", .date), ("", .date),
    ])
    func `a date counts within thirty minutes of the appliance's clock`(
        _ date: String, _ refusal: Verifier.Refusal?
    ) throws {
        let signature = try sign("/status", date)
        #expect(verifier().refusal(target: "/status", date: date, signature: signature) == refusal)
    }

    @Test(arguments: DateForm.allCases) func `a form can be refused`(_ form: DateForm) throws {
        let dates = [
            DateForm.spaced: "2026-01-15 09:30:00", .compact: "20260115T093000", .iso8601: "2026-01-15T09:30:00Z",
        ]
        for (other, date) in dates {
            let refusal = verifier { $0.refusedForms = [form] }
                .refusal(target: "/status", date: date, signature: try sign("/status", date))
            #expect(refusal == (other == form ? .date : nil))
        }
    }

    @Test func `every byte of the target, the tokens and the date is signed`() throws {
        let date = "2026-01-15 09:30:00"
        let good = try sign("/modelbreaches?a=1&b=2", date)
        #expect(verifier().refusal(target: "/modelbreaches?a=1&b=2", date: date, signature: good) == nil)
        for target in ["/modelbreaches?b=2&a=1", "/modelbreaches?a=1&b=2&", "/modelbreaches", "/modelbreaches?a=1&b=3"]
        {
            #expect(verifier().refusal(target: target, date: date, signature: good) == .signature)
        }
        #expect(
            verifier().refusal(target: "/modelbreaches?a=1&b=2", date: "2026-01-15 09:30:01", signature: good)
                == .signature)
        for signature in ["", "0" + good.dropFirst(), good.uppercased(), good + "0", String(good.dropLast())] {
            #expect(
                verifier().refusal(target: "/modelbreaches?a=1&b=2", date: date, signature: signature) == .signature)
        }
        let other = Verifier(
            credentials: Credentials(publicToken: "other", privateToken: "private"), now: SimulatorFixture.now)
        #expect(other.refusal(target: "/modelbreaches?a=1&b=2", date: date, signature: good) == .signature)
    }

    @Test(arguments: [
        (Verifier.Signing.either, true, true), (.encoded, true, false), (.unencoded, false, true),
    ])
    func `a query is signed as sent, decoded, or either`(
        _ signing: Verifier.Signing, _ takesEncoded: Bool, _ takesDecoded: Bool
    ) throws {
        let date = "2026-01-15 09:30:00"
        let sent = "/modelbreaches?from=2026-01-15+08%3A00%3A00"
        let verifier = verifier { $0.signing = signing }
        let encoded = verifier.refusal(target: sent, date: date, signature: try sign(sent, date))
        #expect((encoded == nil) == takesEncoded)
        let decoded = verifier.refusal(
            target: sent, date: date, signature: try sign("/modelbreaches?from=2026-01-15 08:00:00", date))
        #expect((decoded == nil) == takesDecoded)
    }

    @Test func `a known signature of another client is good`() {
        var verifier = Verifier(
            credentials: Credentials(publicToken: "pub_dtkey", privateToken: "privkey"), now: 1_546_304_400_000)
        verifier.windowMilliseconds = nil
        let signature = "226d9269435a1e9dbdf19745c25c982fb0ddab97"
        #expect(verifier.refusal(target: "/status", date: "20190101T010000", signature: signature) == nil)
    }
}
