import Darktrace
import Testing

@testable import Simulator

@Suite struct SimulatorOptionsTests {
    private func options(_ arguments: String...) throws -> SimulatorOptions {
        guard case .run(let options) = try SimulatorOptions.parse(arguments) else {
            throw InvalidOption("nothing to run")
        }
        return options
    }

    @Test func `without flags there are two appliances with documented tokens`() throws {
        let settings = try options().applianceSettings(now: SimulatorFixture.now)
        #expect(settings.map(\.name) == ["hq", "branch"])
        #expect(settings.map(\.credentials.publicToken) == ["1", "3"].map { String(repeating: $0, count: 40) })
        #expect(settings.map(\.credentials.privateToken) == ["2", "4"].map { String(repeating: $0, count: 40) })
        #expect(
            settings.allSatisfy {
                $0.epoch == 1_768_435_200_000 - 30 * SimulatorFixture.day && $0.rate == 200 && $0.seed == 1
            })
    }

    @Test func `flags take their value in both ways`() throws {
        let options = try options(
            "--listen-address=[::1]:0", "--control.listen-address", "localhost:0", "--seed=9", "--rate", "12.5",
            "--history=1w2d", "--epoch=2026-01-01", "--clock.speed=60", "--clock.start", "2026-01-15 09:30:00",
            "--ca-file=", "--journal=j", "--fault=hq:slow=5", "--fault", "gzip")
        #expect(options.listenAddress == "[::1]:0" && options.controlAddress == "localhost:0")
        #expect(options.seed == 9 && options.rate == 12.5 && options.history == 9 * SimulatorFixture.day)
        #expect(options.epoch == 1_767_225_600_000 && options.speed == 60 && options.clockStart == SimulatorFixture.now)
        #expect(options.caFile == nil && options.journal == "j")
        #expect(options.faults.map(\.fault) == [.slow, .gzip] && options.faults[0].appliance == "hq")
        #expect(options.applianceSettings(now: SimulatorFixture.now).allSatisfy { $0.epoch == 1_767_225_600_000 })
    }

    @Test func `an appliance has keys of its own`() throws {
        let options = try options("--appliance=a:p:q:rate=5:listen=[::1]:0:seed=3:host=x.example", "--appliance=b:r:s")
        let settings = options.applianceSettings(now: SimulatorFixture.now)
        #expect(settings[0].rate == 5 && settings[0].seed == 3 && settings[0].listenAddress == "[::1]:0")
        #expect(settings[0].hostName == "x.example" && settings[1].hostName == "b.example")
        #expect(settings[1].rate == 200 && settings[1].listenAddress == nil)
    }

    @Test(arguments: [
        (["serve"], "unexpected argument \"serve\"; see --help"),
        (["--nothing=1"], "unknown flag --nothing; see --help"),
        (["--seed"], "--seed needs a value"), (["--seed=-1"], "--seed cannot be \"-1\"; give a whole number"),
        (["--rate=x"], "--rate cannot be \"x\"; give breaches per day, 0 to 10000000"),
        (["--rate=nan"], "--rate cannot be \"nan\"; give breaches per day, 0 to 10000000"),
        (["--history=5"], "--history cannot be \"5\"; give a duration as in 30d, at most ten years"),
        (
            ["--history=999999999y"],
            "--history cannot be \"999999999y\"; give a duration as in 30d, at most ten years"
        ),
        (["--history=99y"], "--history cannot be \"99y\"; give a duration as in 30d, at most ten years"),
        (["--epoch=today"], "--epoch cannot be \"today\"; give milliseconds since 1970 or a date in UTC"),
        (["--clock.speed=-1"], "--clock.speed cannot be \"-1\"; give a number from 0 to 1000000"),
        (["--fault=x"], "--fault: there is no fault x; --help lists them"),
        (["--fault=x:gzip"], "--fault: there is no appliance x; there is hq, branch"),
        (["--appliance=secret"], "--appliance must be name:publictoken:privatetoken[:key=value…]"),
        (["--appliance=a:secret:"], "--appliance must be name:publictoken:privatetoken[:key=value…]"),
        (["--appliance=a:p:q:x=1"], "--appliance a: unknown key x; use rate, seed, listen or host"),
        (["--appliance=a:p:q:rate=-1"], "--appliance a: rate must be breaches per day, 0 to 10000000"),
        (["--appliance=a:p:q", "--appliance=a:r:s"], "--appliance: two appliances have the same name"),
        (["--appliance=a:p:q", "--appliance=b:p:s"], "--appliance: two appliances have the same public token"),
    ])
    func `a bad command line is refused in one line`(_ arguments: [String], _ line: String) {
        let error = #expect(throws: InvalidOption.self) { try SimulatorOptions.parse(arguments) }
        #expect(error?.description == line)
    }
}
