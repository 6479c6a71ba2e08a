import Glibc

/// The creation times of breaches by hour; each hour is computed independently, so a year costs only the hours in use.
struct Arrivals: Sendable {
    static let bucketMilliseconds: Int64 = 3_600_000

    var seed: UInt64
    var appliance: String
    /// Breaches a day in the long run, suppressed ones included.
    var perDay: Double

    /// The creation of a breach, alone or as part of a burst.
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

    /// The number of breaches in an hour; cheaper than `arrivals(inBucket:)`.
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
            var instant = start + random.below(Self.bucketMilliseconds)
            for _ in 0..<size {
                arrivals.append(Arrival(creation: instant, burst: number))
                instant = min(instant + random.below(20_000), start + Self.bucketMilliseconds - 1)
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

    /// More at 14:00 than at 02:00 UTC; 1 on average.
    private static func dayShape(_ bucket: Int64) -> Double {
        let hour = Double(bucket - CivilTime.floorDivide(bucket, 24) * 24)
        return 1 - 0.5 * cos((hour - 2) / 24 * 2 * .pi)
    }
}
