package import Configuration

extension Settings.Log.Level: Comparable {
    /// From `debug`, the least important, to `error`.
    package static func < (one: Self, other: Self) -> Bool { one.rank < other.rank }

    private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}
