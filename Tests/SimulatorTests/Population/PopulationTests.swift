import Testing

@testable import Simulator

@Suite struct PopulationTests {
    private func population(seed: UInt64 = 7, name: String = "hq", perDay: Double = 240, days: Int64 = 100)
        -> Population
    {
        Population(
            seed: seed, appliance: name, epoch: SimulatorFixture.now - days * SimulatorFixture.day, perDay: perDay)
    }

    /// Everything created up to now, hour by hour.
    private func all(_ population: Population, until now: Int64 = SimulatorFixture.now) -> [Breach] {
        (Arrivals.bucket(at: population.epoch)...Arrivals.bucket(at: now))
            .flatMap { population.breaches(inBucket: $0) }.filter { $0.creation <= now }
    }

    /// The breaches of a hundred days at 240 a day, made once for all tests.
    private static let breaches = {
        let tests = PopulationTests()
        return tests.all(tests.population())
    }()

    private func facts(_ breaches: [Breach]) -> [String] {
        breaches.map {
            "\($0.id) \($0.creation) \($0.activity) \($0.score) \($0.name) \($0.device.id) \($0.isSuppressed)"
        }
    }

    @Test func `the same seed makes the same breaches whatever is asked for first`() {
        let one = population(days: 5)
        let other = population(days: 5)
        _ = other.breaches(inBucket: Arrivals.bucket(at: SimulatorFixture.now))
        _ = other.breaches(inBucket: Arrivals.bucket(at: SimulatorFixture.now - 3 * SimulatorFixture.day))
        let facts = facts(all(one))
        #expect(facts == self.facts(all(other)))
        #expect(facts.count > 800)
    }

    @Test func `another seed and another appliance make other breaches`() {
        let facts = Set(facts(all(population(days: 3))))
        #expect(facts.isDisjoint(with: self.facts(all(population(seed: 8, days: 3)))))
        #expect(facts.isDisjoint(with: self.facts(all(population(name: "branch", days: 3)))))
    }

    @Test func `ids grow with creation, without a gap`() {
        let breaches = Self.breaches
        #expect(zip(breaches, breaches.dropFirst()).allSatisfy { $0.creation <= $1.creation && $0.id + 1 == $1.id })
    }

    @Test(arguments: [1.0, 24, 240, 5_000]) func `the rate is kept in the long run`(_ perDay: Double) {
        let days = perDay > 1_000 ? 10 : perDay < 10 ? 1_000 : 100
        let arrivals = Arrivals(seed: 3, appliance: "hq", perDay: perDay)
        let count = (0..<Int64(days) * 24).reduce(0) { $0 + arrivals.count(inBucket: $1) }
        let expected = perDay * Double(days)
        // A burst counts as one draw of about twelve: the deviation is that of a compound Poisson process.
        let deviation = (expected * 0.8 + expected * 0.2 * 13).squareRoot()
        #expect(abs(Double(count) - expected) < 4 * deviation)
    }

    @Test func `an hour has as many arrivals as it counts`() {
        let arrivals = Arrivals(seed: 3, appliance: "hq", perDay: 900)
        for bucket in Int64(480_000)..<480_100 {
            let made = arrivals.arrivals(inBucket: bucket)
            #expect(made.count == arrivals.count(inBucket: bucket))
            #expect(made.allSatisfy { Arrivals.bucket(at: $0.creation) == bucket })
        }
    }

    @Test func `breaches come in bursts, too`() {
        let gaps = zip(Self.breaches, Self.breaches.dropFirst()).map { $1.creation - $0.creation }
        let close = Double(gaps.count { $0 < 20_000 }) / Double(gaps.count)
        // Without bursts 240 a day leave 5 % of the gaps so short.
        #expect(close > 0.15 && close < 0.4)
    }

    @Test func `kinds, scores, delays and devices look like those of an appliance`() {
        let breaches = Self.breaches
        let share = { (test: (Breach) -> Bool) in Double(breaches.count(where: test)) / Double(breaches.count) }
        #expect((0.02...0.12).contains(share { $0.kind == .critical }))
        #expect((0.08...0.3).contains(share { $0.kind == .suspicious }))
        #expect((0.04...0.25).contains(share { $0.kind == .compliance }))
        #expect((0.4...0.85).contains(share { $0.kind == .informational }))
        #expect((0.07...0.13).contains(share { $0.isSuppressed }))
        #expect((0.2...0.4).contains(share { $0.acknowledged != nil }))
        #expect(breaches.allSatisfy { (1...1_000).contains($0.score) })
        #expect((0.5...0.95).contains(share { (6_000...8_000).contains($0.creation - $0.activity) }))
        #expect((0.005...0.2).contains(share { $0.creation - $0.activity > 600_000 }))
        #expect((0.01...0.1).contains(share { $0.activity > $0.creation }))
        #expect((0.01...0.1).contains(share { $0.device.id == -1 }))
        #expect(share { $0.device.hostname?.hasPrefix("SaaS::") ?? false } > 0.01)
        #expect(share { $0.device.hostname == nil } > 0.1)
        #expect(share { !$0.hasCategory } > 0.001)
        #expect(breaches.allSatisfy { $0.activity % 1_000 == 0 })
    }

    @Test func `observed scores of a model come up again`() {
        let watched = all(population(perDay: 2_000, days: 10)).filter { $0.name == "Compromise::Watched Domain" }
        #expect(watched.contains { $0.score == 541 })
        #expect(watched.contains { $0.score == 592 })
        #expect(watched.contains { $0.score < 541 })
        #expect(Self.breaches.filter { $0.name == "System::System" }.allSatisfy { $0.score == 674 })
    }

    @Test func `all 83 known models are there, each once`() {
        let names = ModelCatalogue.models.map(\.name)
        #expect(names.count == 83)
        #expect(Set(names).count == 83)
        #expect(Set(ModelCatalogue.models.map(\.uuid)).count == 83)
        #expect(Set(ModelCatalogue.models.map(\.number)) == Set(0..<83))
        #expect(names.contains("Antigena::Network::Significant Anomaly::Antigena Controlled and Model Alert"))
    }

    @Test func `a year costs little until it is looked at`() {
        let population = population(perDay: 5_000, days: 365)
        let clock = ContinuousClock()
        let spent = clock.measure { _ = population.breaches(inBucket: Arrivals.bucket(at: SimulatorFixture.now)) }
        // All of it would be 1.8 million breaches.
        #expect(spent < .seconds(20))
    }
}
