import Testing

@testable import Simulator

@Suite struct FaultSwitchTests {
    private let stage = SimulatorFixture(rate: 10)

    @Test func `a fault holds for a number of requests`() throws {
        _ = try stage.command("/-/faults", "set=server-error=502&times=2")
        #expect(try (0..<4).map { _ in try stage.answer("/time").status } == [502, 502, 200, 200])
        #expect(stage.appliance.switches.settings.isEmpty)
    }

    @Test func `a fault can be bound to a path and to chance`() throws {
        _ = try stage.command("/-/faults", "set=server-error&path=/modelbreaches")
        #expect(try stage.answer("/time").status == 200)
        #expect(try stage.answer("/modelbreaches").status == 500)
        _ = try stage.command("/-/faults", "set=server-error&chance=0.3")
        let failed = try (0..<400).count { _ in try stage.answer("/time").status == 500 }
        #expect((80...160).contains(failed))
    }

    @Test func `faults are cleared one by one or all at once`() throws {
        _ = try stage.command("/-/faults", "set=server-error&set=padding=5&set=clock-skew=60")
        #expect(stage.appliance.shownTime == SimulatorFixture.now + 60_000)
        _ = try stage.command("/-/faults", "clear=server-error")
        #expect(stage.appliance.switches.settings.count == 2)
        _ = try stage.command("/-/faults", "clear=all&set=gzip")
        #expect(Array(stage.appliance.switches.settings.keys) == [.gzip])
        #expect(stage.appliance.shownTime == SimulatorFixture.now)
    }

    @Test(arguments: [
        ("set=nothing", "there is no fault nothing; --help lists them"), ("clear=nothing", "there is no fault nothing"),
        ("set=gzip=1", "fault gzip takes no value"),
        ("set=slow=x", "fault slow cannot be x; give a number from 1 to 1000000000"),
        ("set=permission=404", "fault permission cannot be 404; give one of 302, 403"),
        (
            "set=refused-date-form=compact,x",
            "fault refused-date-form cannot be compact,x; give a comma list of compact, spaced, iso8601"
        ),
        ("set=gzip&times=x", "times cannot be x; give a number"),
    ])
    func `what cannot be set is refused in a sentence`(_ query: String, _ sentence: String) {
        let error = #expect(throws: ControlCommandError.self) { try stage.command("/-/faults", query) }
        #expect(error?.description == sentence)
        #expect(stage.appliance.switches.settings.isEmpty)
    }
}
