/// Whose numbers: one feed of one appliance.
package struct FeedKey: Hashable, Sendable {
    package let appliance: String
    /// What is polled, such as `modelbreaches`.
    package let feed: String

    package init(appliance: String, feed: String) {
        self.appliance = appliance
        self.feed = feed
    }
}

/// One number of a feed: a counter or gauge, or a part of a histogram.
///
/// Two keys are equal if their bytes are. That is how SQLite and Prometheus compare, while Swift takes texts that look
/// alike (é in one or in two scalars) for the same.
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
        /// The sum of what a histogram observed.
        case sum
        /// One bucket by its index from 0, *not* cumulated.
        case bucket(Int)
    }
}

extension RowKey: Hashable {
    package static func == (left: RowKey, right: RowKey) -> Bool {
        left.part == right.part && left.family.utf8.elementsEqual(right.family.utf8)
            && left.labels.elementsEqual(right.labels) { $0.utf8.elementsEqual($1.utf8) }
    }

    package func hash(into hasher: inout Hasher) {
        // Equal bytes are equal texts, so the hash of the texts will do.
        hasher.combine(family)
        hasher.combine(labels)
        hasher.combine(part)
    }
}
