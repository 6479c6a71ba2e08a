/// The parts of a sample's line that do not change from series to series.
struct SampleLine {
    private let bare: [UInt8]
    private let opening: [UInt8]
    private let closing: [UInt8]

    /// Prepares lines of this sample name; with a bound, those of one bucket.
    init(_ name: String, bound: Double? = nil) {
        opening = Array("\(name){".utf8)
        guard let bound else {
            bare = Array("\(name) ".utf8)
            closing = Array("} ".utf8)
            return
        }
        var label = Array("le=\"".utf8)
        label.append(bound: bound)
        label.append(contentsOf: "\"} ".utf8)
        bare = opening + label
        closing = [UInt8(ascii: ",")] + label
    }

    /// Writes name, labels, value and newline.
    func write(_ labels: Labels, _ value: Double, to bytes: inout [UInt8]) {
        write(labels.rendered, common: labels.common, value, to: &bytes)
    }

    /// Writes the same for labels in two parts, rendered, of which either may be empty.
    func write(_ own: ArraySlice<UInt8>, common: ArraySlice<UInt8>, _ value: Double, to bytes: inout [UInt8]) {
        if own.isEmpty, common.isEmpty {
            bytes.append(contentsOf: bare)
        } else {
            bytes.append(contentsOf: opening)
            bytes.append(contentsOf: own)
            if !own.isEmpty, !common.isEmpty { bytes.append(UInt8(ascii: ",")) }
            bytes.append(contentsOf: common)
            bytes.append(contentsOf: closing)
        }
        bytes.append(number: value)
        bytes.append(UInt8(ascii: "\n"))
    }

    /// Writes the same with an exemplar, if there is one that the format allows.
    func write(_ labels: Labels, _ value: Double, _ exemplar: Exemplar?, to bytes: inout [UInt8]) {
        open(labels, value, to: &bytes)
        if let exemplar, exemplar.labelsFit {
            bytes.append(contentsOf: " # {".utf8)
            bytes.append(contentsOf: exemplar.labels.rendered)
            bytes.append(contentsOf: "} ".utf8)
            bytes.append(number: exemplar.value)
            if let timestamp = exemplar.timestamp, timestamp.isFinite {
                bytes.append(UInt8(ascii: " "))
                bytes.append(number: timestamp)
            }
        }
        bytes.append(UInt8(ascii: "\n"))
    }

    /// Writes the same with a time, in milliseconds since 1970.
    func write(_ labels: Labels, _ value: Double, milliseconds: Int64, to bytes: inout [UInt8]) {
        open(labels, value, to: &bytes)
        bytes.append(UInt8(ascii: " "))
        bytes.append(number: Double(milliseconds) / 1_000)
        bytes.append(UInt8(ascii: "\n"))
    }

    private func open(_ labels: Labels, _ value: Double, to bytes: inout [UInt8]) {
        if labels.isEmpty {
            bytes.append(contentsOf: bare)
        } else {
            bytes.append(contentsOf: opening)
            labels.write(to: &bytes)
            bytes.append(contentsOf: closing)
        }
        bytes.append(number: value)
    }
}

extension Exemplar {
    /// OpenMetrics allows 128 code points, names and values together.
    var labelsFit: Bool {
        // What is written is never shorter than what it stands for.
        if labels.rendered.count <= 128 { return true }
        var count = 0
        var (isQuoted, isEscaped) = (false, false)
        for byte in labels.rendered where byte & 0b1100_0000 != 0b1000_0000 {
            switch byte {
            case _ where isEscaped:
                isEscaped = false
                count += 1
            case UInt8(ascii: "\\"): isEscaped = true
            case UInt8(ascii: "\""): isQuoted.toggle()
            case UInt8(ascii: "="), UInt8(ascii: ","): count += isQuoted ? 1 : 0
            default: count += 1
            }
        }
        return count <= 128
    }
}

/// The lines of a histogram; the formats differ in exemplars only.
struct HistogramLines {
    private let bounds: [Double]
    private let buckets: [SampleLine]
    private let sum: SampleLine
    private let count: SampleLine

    init(_ name: String, bounds: [Double]) {
        self.bounds = bounds
        buckets = (bounds + [.infinity]).map { SampleLine("\(name)_bucket", bound: $0) }
        sum = SampleLine("\(name)_sum")
        count = SampleLine("\(name)_count")
    }

    /// Writes the cumulative buckets, then sum and count if `totals`.
    func write(
        _ labels: Labels, _ distribution: HistogramValue, exemplars: Bool, totals: Bool, to bytes: inout [UInt8]
    ) {
        var cumulated = 0.0
        for (index, bucket) in buckets.enumerated() {
            cumulated += distribution.counts[index]
            let exemplar = exemplars ? exemplar(of: index, distribution) : nil
            bucket.write(labels, cumulated, exemplar, to: &bytes)
        }
        guard totals else { return }
        sum.write(labels, distribution.sum, to: &bytes)
        count.write(labels, cumulated, to: &bytes)
    }

    /// Writes all lines without exemplars and with a time stamp, in milliseconds since 1970.
    func write(_ labels: Labels, _ distribution: HistogramValue, milliseconds: Int64, to bytes: inout [UInt8]) {
        var cumulated = 0.0
        for (index, bucket) in buckets.enumerated() {
            cumulated += distribution.counts[index]
            bucket.write(labels, cumulated, milliseconds: milliseconds, to: &bytes)
        }
        sum.write(labels, distribution.sum, milliseconds: milliseconds, to: &bytes)
        count.write(labels, cumulated, milliseconds: milliseconds, to: &bytes)
    }

    /// The exemplar of a bucket; nil if its value is not inside the bucket, as OpenMetrics requires.
    private func exemplar(of index: Int, _ distribution: HistogramValue) -> Exemplar? {
        guard index < distribution.exemplars.count, let exemplar = distribution.exemplars[index] else { return nil }
        let isAboveLower = index == 0 || exemplar.value > bounds[index - 1]
        let isUpToUpper = index == bounds.count || exemplar.value <= bounds[index]
        return isAboveLower && isUpToUpper ? exemplar : nil
    }
}
