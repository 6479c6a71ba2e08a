import Glibc

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
