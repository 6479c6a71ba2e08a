import Foundation

/// The chance in one test: its seed is printed, and `SEED=N` in the environment rolls the same again.
struct SeededRNG: RandomNumberGenerator {
    let seed: UInt64
    private var state: UInt64

    init(for test: String) {
        let given = ProcessInfo.processInfo.environment["SEED"].flatMap { UInt64($0) }
        seed = given ?? .random(in: 0 ... .max)
        state = seed
        print("\(test): SEED=\(seed)")
    }

    /// SplitMix64, by Steele, Lea and Flood.
    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    mutating func roll(_ probability: Double) -> Bool { Double.random(in: 0..<1, using: &self) < probability }
}
