import Glibc

/// SplitMix64: the stream depends on the seed only.
struct SeededGenerator: RandomNumberGenerator, Sendable {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    /// An independent stream: the same arguments give the same stream in every run and on every machine.
    init(seed: UInt64, _ name: String, _ index: Int64) {
        // FNV-1a, because `Hasher` has another seed in each process.
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in name.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        state = Self.mixed(Self.mixed(seed ^ hash) &+ UInt64(bitPattern: index) &* 0x9E37_79B9_7F4A_7C15)
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        return Self.mixed(state)
    }

    private static func mixed(_ value: UInt64) -> UInt64 {
        var mixed = value
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

extension SeededGenerator {
    /// Evenly in 0 ..< 1.
    mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }

    /// True with this probability.
    mutating func chance(_ probability: Double) -> Bool { unit() < probability }

    /// Evenly in `0 ..< bound`; 0 when the bound is not above 0.
    mutating func below(_ bound: Int64) -> Int64 { bound > 0 ? Int64(unit() * Double(bound)) : 0 }

    /// Evenly one of the elements.
    mutating func pick<Element>(_ elements: [Element]) -> Element? {
        elements.isEmpty ? nil : elements[Int(below(Int64(elements.count)))]
    }

    /// Exponentially distributed around this mean.
    mutating func exponential(mean: Double) -> Double { -mean * log(1 - unit()) }

    /// A Poisson count of this mean: exact for small means, the rounded normal distribution for large ones.
    mutating func poisson(mean: Double) -> Int {
        guard mean > 0 else { return 0 }
        guard mean < 60 else {
            let normal = sqrt(-2 * log(1 - unit())) * cos(2 * .pi * unit())
            return max(0, Int((mean + normal * sqrt(mean)).rounded()))
        }
        var count = 0
        var product = unit()
        let limit = exp(-mean)
        while product > limit {
            count += 1
            product *= unit()
        }
        return count
    }
}
