import Glibc

/// When breaches are created, hour by hour: any hour can be asked for alone, so a year costs only what is looked at.
struct Arrivals: Sendable {
    static let bucketMilliseconds: Int64 = 3_600_000

    var seed: UInt64
    var appliance: String
    /// Breaches a day in the long run, suppressed ones included.
    var perDay: Double

    /// What happens at one moment: a breach, and whether it belongs to a burst.
    struct Arrival: Sendable {
        var creation: Int64
        /// The number of its burst within the hour; nil when it came alone.
        var burst: Int?
    }

    /// A fifth of all breaches come in bursts of about twelve within minutes: an attack, or a model being tuned.
    private static let burstShare = 0.2
    private static let burstMean = 12.0

    static func bucket(at milliseconds: Int64) -> Int64 {
        CivilTime.floorDivide(milliseconds, bucketMilliseconds)
    }

    /// How many breaches an hour has; cheaper than the arrivals themselves.
    func count(inBucket bucket: Int64) -> Int {
        var random = generator(bucket)
        let counts = self.counts(bucket, &random)
        return counts.bursts.reduce(counts.single, +)
    }

    /// The arrivals of an hour, oldest first.
    func arrivals(inBucket bucket: Int64) -> [Arrival] {
        var random = generator(bucket)
        let counts = self.counts(bucket, &random)
        let start = bucket * Self.bucketMilliseconds
        var arrivals = (0..<counts.single).map { _ in
            Arrival(creation: start + random.below(Self.bucketMilliseconds), burst: nil)
        }
        for (number, size) in counts.bursts.enumerated() {
            var moment = start + random.below(Self.bucketMilliseconds)
            for _ in 0..<size {
                arrivals.append(Arrival(creation: moment, burst: number))
                moment = min(moment + random.below(20_000), start + Self.bucketMilliseconds - 1)
            }
        }
        arrivals.sort { ($0.creation, $0.burst ?? -1) < ($1.creation, $1.burst ?? -1) }
        return arrivals
    }

    private func generator(_ bucket: Int64) -> SeededGenerator {
        SeededGenerator(seed: seed, "arrivals of \(appliance)", bucket)
    }

    private func counts(_ bucket: Int64, _ random: inout SeededGenerator) -> (single: Int, bursts: [Int]) {
        let hourly = perDay / 24 * Self.dayShape(bucket)
        let single = random.poisson(mean: hourly * (1 - Self.burstShare))
        let bursts = random.poisson(mean: hourly * Self.burstShare / Self.burstMean)
        return (single, (0..<bursts).map { _ in 4 + random.poisson(mean: Self.burstMean - 4) })
    }

    /// More at two in the afternoon than at two at night; 1 on the average of a day.
    private static func dayShape(_ bucket: Int64) -> Double {
        let hour = Double(bucket - CivilTime.floorDivide(bucket, 24) * 24)
        return 1 - 0.5 * cos((hour - 2) / 24 * 2 * .pi)
    }
}
