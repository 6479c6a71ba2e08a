import CCrypt
import Configuration
import HTTPServer
import Testing

@testable import Exporter

/// Who knows the password, and what it costs to find out.
@Suite struct BcryptVerifierTests {
    private let checks: BcryptVerifier

    init() throws { checks = try BcryptVerifier() }

    private func hash(_ password: String, cost: String = "04") -> Secret {
        var data = crypt_data()
        return Secret(crypt_r(password, "$2b$\(cost)$abcdefghijklmnopqrstuu", &data).map { String(cString: $0) } ?? "")
    }

    private func given(_ user: String, _ password: String) -> BasicCredentials {
        BasicCredentials(user: user, password: Array(password.utf8))
    }

    /// The verdict, awaited, and whether it was known at once.
    private func verdict(
        _ user: String, _ password: String, among users: [String: Secret]
    ) async -> (isRight: Bool, isKnown: Bool) {
        switch checks.answer(to: given(user, password), users: users) {
        case .known(let isRight): return (isRight, true)
        case .pending(let check, let delay):
            await withCheckedContinuation { continuation in delay.onFire { continuation.resume() } }
            return (check.verdict == true, false)
        }
    }

    @Test func `a verdict is found once and then known, right or wrong`() async {
        let users = ["alice": hash("geheim")]
        for (user, password, isRight) in [
            ("alice", "geheim", true), ("alice", "falsch", false), ("bob", "geheim", false), ("", "", false),
        ] {
            #expect(await verdict(user, password, among: users) == (isRight, false))
            #expect(await verdict(user, password, among: users) == (isRight, true))
        }
    }

    @Test func `another hash is another question`() async {
        #expect(await verdict("alice", "geheim", among: ["alice": hash("geheim")]) == (true, false))
        #expect(await verdict("alice", "geheim", among: ["alice": hash("anders")]) == (false, false))
        #expect(await verdict("alice", "anders", among: ["alice": hash("anders")]) == (true, false))
        #expect(await verdict("alice", "geheim", among: [:]) == (false, false))
    }

    @Test func `name and password are kept apart`() async {
        let users = ["alice": hash("xgeheim"), "alicex": hash("y")]
        #expect(await verdict("alice", "xgeheim", among: users) == (true, false))
        #expect(await verdict("alicex", "geheim", among: users) == (false, false))
    }

    @Test func `hundreds of wrong passwords do not make it forget the right one, nor fill the memory`() async {
        let users = ["alice": hash("geheim")]
        #expect(await verdict("alice", "geheim", among: users) == (true, false))
        for number in 0..<250 { #expect(await verdict("alice", "\(number)", among: users) == (false, false)) }
        #expect(await verdict("alice", "geheim", among: users) == (true, true))
        #expect(await verdict("alice", "249", among: users) == (false, true))
        #expect(await verdict("alice", "0", among: users) == (false, false))
        var memory = AuthCache()
        for number in 0..<UInt8(250) { memory.insert([number]) }
        #expect((0..<UInt8(250)).filter { memory.contains([$0]) } == Array(150..<250))
    }

    @Test func `the time does not tell which names there are`() async {
        let users = ["alice": hash("geheim", cost: "08"), "old": hash("geheim", cost: "05")]
        let clock = ContinuousClock()
        var times: [String: Duration] = ["alice": .seconds(60), "nobody": .seconds(60)]
        var ratio = 0.0
        // The shortest of some, of more on a busy machine; were the check left out, or that of "old", it would be 0 or 0.1.
        for round in 0..<50 where round < 5 || !(0.5...2).contains(ratio) {
            for name in ["alice", "nobody"] {
                let time = await clock.measure { _ = await verdict(name, "\(round)", among: users) }
                times[name] = min(times[name] ?? time, time)
            }
            ratio = (times["nobody"] ?? .zero) / (times["alice"] ?? .zero)
        }
        #expect((0.5...2).contains(ratio), "\(times)")
    }

    @Test func `nobody waits for the check of a client that has left`() async {
        let users = ["alice": hash("geheim", cost: "10")]
        let clock = ContinuousClock()
        let one = await clock.measure { _ = await verdict("alice", "falsch", among: users) }
        // The delays are let go of at once, as the server does when a connection ends.
        for number in 0..<200 { _ = checks.answer(to: given("alice", "left \(number)"), users: users) }
        let time = await clock.measure { #expect(await verdict("alice", "geheim", among: users).isRight) }
        // All of them would take two hundred times as long as one.
        #expect(time < one * 50)
    }

    @Test func `many who ask the same wait for one check`() async {
        let users = ["alice": hash("geheim", cost: "10")]
        let clock = ContinuousClock()
        let one = await clock.measure { _ = await verdict("alice", "falsch", among: users) }
        let time = await clock.measure {
            await withTaskGroup { group in
                for _ in 0..<100 { group.addTask { await verdict("alice", "geheim", among: users).isRight } }
                for await isRight in group { #expect(isRight) }
            }
        }
        #expect(time < one * 50)
    }

    @Test(arguments: [
        ("Basic YWxpY2U6Z2VoZWlt", "alice", "geheim"), ("basic  YWxpY2U6YTpi", "alice", "a:b"), ("BASIC Og==", "", ""),
    ])
    func `a header is read as RFC 7617 says`(header: String, user: String, password: String) {
        let read = BasicCredentials(header)
        #expect(read?.user == user)
        #expect(read?.password == Array(password.utf8))
    }

    @Test(arguments: [
        "", "Basic", "Basic ", "Bearer YWxpY2U6Z2VoZWlt", "Basic !!!", "Basic YWxpY2U=", "YWxpY2U6Z2VoZWlt",
    ])
    func `what is no name and password is nothing`(header: String) {
        #expect(BasicCredentials(header) == nil)
    }

    @Test func `sockets are those that the environment hands to this process`() throws {
        #expect(
            try SystemdSockets.descriptors(["LISTEN_PID": "7", "LISTEN_FDS": "2"], process: 7) == [3, 4])
        for environment in [
            [:], ["LISTEN_FDS": "1"], ["LISTEN_PID": "7"], ["LISTEN_PID": "8", "LISTEN_FDS": "1"],
            ["LISTEN_PID": "7", "LISTEN_FDS": "0"], ["LISTEN_PID": "7", "LISTEN_FDS": "-1"],
            ["LISTEN_PID": "7", "LISTEN_FDS": "many"], ["LISTEN_PID": "", "LISTEN_FDS": ""],
            ["LISTEN_PID": "7", "LISTEN_FDS": "9999999999"],
        ] {
            #expect(throws: SocketActivationError.self) { try SystemdSockets.descriptors(environment, process: 7) }
        }
    }
}
