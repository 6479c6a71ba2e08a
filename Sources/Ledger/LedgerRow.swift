/// One polled API endpoint of one appliance.
package struct FeedKey: Hashable, Sendable {
    package let appliance: String
    /// Such as `modelbreaches`.
    package let feed: String

    package init(appliance: String, feed: String) {
        self.appliance = appliance
        self.feed = feed
    }
}

/// One number of a feed: a counter or gauge, or a part of a histogram.
///
/// Two keys are equal if their bytes are. That is how SQLite and Prometheus compare, while Swift treats texts that look
/// alike (é in one or in two scalars) as equal.
package struct RowKey: Sendable {
    package let family: String
    /// Label values in the order of the family's label names.
    package let labels: [String]
    package let part: Part

    package init(family: String, labels: [String], part: Part = .value) {
        self.family = family
        self.labels = labels
        self.part = part
    }

    /// Which number of a series.
    package enum Part: Hashable, Sendable {
        /// The only one of a counter or gauge.
        case value
        /// The sum of a histogram's observations.
        case sum
        /// One bucket by its index from 0, *not* cumulative.
        case bucket(Int)
    }
}

extension RowKey: Hashable {
    package static func == (left: RowKey, right: RowKey) -> Bool {
        left.part == right.part && left.family.hasSameBytes(as: right.family)
            && left.labels.elementsEqual(right.labels) { $0.hasSameBytes(as: $1) }
    }

    package func hash(into hasher: inout Hasher) {
        // Equal bytes are equal texts, so hashing the texts is correct.
        hasher.combine(family)
        hasher.combine(labels)
        hasher.combine(part)
    }
}

/// One number as the ledger stores it.
package struct LedgerRow: Sendable, Equatable {
    package let key: RowKey
    /// The true value.
    package let value: Double
    /// The value in the exposition: 0 while the row is held, else `value`.
    package let exposedValue: Double
    package let isHeld: Bool
    /// The newest record behind the number; it must not be exposed while the row is held.
    package let newest: SeenRecord?
    /// What was observed of that record; nil if it is not known.
    package let newestValue: Double?
    /// Start of the row, in milliseconds since 1970.
    package let createdMilliseconds: Int64

    package init(
        key: RowKey, value: Double, exposedValue: Double, isHeld: Bool, newest: SeenRecord?,
        newestValue: Double? = nil, createdMilliseconds: Int64
    ) {
        self.key = key
        self.value = value
        self.exposedValue = exposedValue
        self.isHeld = isHeld
        self.newest = newest
        self.newestValue = newestValue
        self.createdMilliseconds = createdMilliseconds
    }
}

/// A record that was counted: its id and when it was created (else when its activity was).
///
/// Ids restart when an appliance is reset, so one id may identify several records at different times.
package struct SeenRecord: Hashable, Sendable {
    /// Any `Int64`, negative ones included.
    package let id: Int64
    /// Milliseconds since 1970.
    package let milliseconds: Int64

    package init(id: Int64, milliseconds: Int64) {
        self.id = id
        self.milliseconds = milliseconds
    }

    /// The largest difference, in milliseconds, between two times of one id that still mean the same record.
    package static let tolerance: Int64 = 60_000
}

/// What a feed stores in addition to its numbers.
package struct FeedCheckpoint: Sendable, Equatable {
    /// Records created since then are counted, in milliseconds since 1970; a later commit can only set it back.
    package var startMilliseconds: Int64
    /// Everything created up to here was requested, in milliseconds of the appliance's clock; it may go back.
    package var cursorMilliseconds: Int64
    /// Whether the whole first lookback is committed.
    package var isComplete: Bool
    /// Small facts to keep over a restart, such as the form of the request that an appliance needs.
    package var metadata: [String: String]

    package init(
        startMilliseconds: Int64, cursorMilliseconds: Int64, isComplete: Bool = false, metadata: [String: String] = [:]
    ) {
        self.startMilliseconds = startMilliseconds
        self.cursorMilliseconds = cursorMilliseconds
        self.isComplete = isComplete
        self.metadata = metadata
    }
}

extension RowKey.Part {
    /// The number of the part in a database.
    package var number: Int64 {
        switch self {
        case .value: -1
        case .sum: -2
        case .bucket(let index): Int64(index)
        }
    }

    /// The part of this number, or nil if there is none.
    package init?(number: Int64) {
        switch number {
        case -1: self = .value
        case -2: self = .sum
        case 0...: self = .bucket(Int(number))
        default: return nil
        }
    }
}

extension Int64 {
    /// The sum, or the nearest number that fits.
    package func clampedAdding(_ other: Int64) -> Int64 {
        let (sum, overflow) = addingReportingOverflow(other)
        guard overflow else { return sum }
        return other < 0 ? .min : .max
    }
}
