import Ledger
import Metrics

/// Builds a metric family from rows of the ledger, one row at a time, so that memory does not hold all rows at once.
///
/// The same code builds the families at startup and after each commit.
struct FamilyBuilder: Sendable {
    let descriptor: Descriptor
    private let prefix: [String]
    private let prefixLabels: Labels
    private let start: ApplianceTime
    /// The series of a family in which every row is a series.
    private var table = SeriesTable()
    /// The series of a family with declared label sets, or with several rows per series.
    private var seriesByLabels: [[ExactText]: Series] = [:]
    /// The series of the last row, which is not in `seriesByLabels` then: the rows of a histogram follow each other.
    private var last: (labels: [ExactText], series: Series)?
    private let isEachRowASeries: Bool

    /// - Parameters:
    ///   - prefix: Label values that come first in every series.
    ///   - declared: Label sets that exist with the value 0 before anything is counted, without the prefix.
    ///   - start: Start of the ledger; no series is older.
    init(_ descriptor: Descriptor, prefix: [String], declared: [[String]] = [], start: ApplianceTime) {
        self.descriptor = descriptor
        self.prefix = prefix
        prefixLabels = Labels(Array(descriptor.labelNames.prefix(prefix.count)), prefix)
        self.start = start
        if declared.isEmpty, case .number = descriptor.kind.zero {
            isEachRowASeries = true
        } else {
            isEachRowASeries = false
        }
        for labels in declared { seriesByLabels[labels.map(ExactText.init)] = zero(labels, created: start) }
    }

    /// Adds a row of this family; rows may come in any order.
    mutating func add(_ row: LedgerRow) {
        if isEachRowASeries {
            guard row.key.part == .value else { return }
            let newest = descriptor.kind == .counter && !row.isHeld ? row.newest : nil
            table.append(
                prefixLabels, names: descriptor.labelNames.dropFirst(prefix.count), values: row.key.labels,
                number: row.exposedValue, created: created(row).inSeconds,
                exemplar: newest.map { (Exemplar.idLabel, $0.id, 1, Double($0.milliseconds) / 1_000) })
        } else {
            let labels = row.key.labels.map(ExactText.init)
            if last?.labels != labels {
                if let last { seriesByLabels[last.labels] = last.series }
                let known = seriesByLabels.removeValue(forKey: labels)
                last = (labels, known ?? zero(row.key.labels, created: created(row)))
            }
            last?.series.value.set(row, of: descriptor)
        }
    }

    /// The family, with its series sorted.
    func family() -> MetricFamily {
        if isEachRowASeries { return MetricFamily(descriptor, table.sorted()) }
        let series = Array(seriesByLabels.values) + (last.map { [$0.series] } ?? [])
        return MetricFamily(descriptor, SeriesTable(sorting: series))
    }

    private func created(_ row: LedgerRow) -> ApplianceTime {
        max(ApplianceTime(milliseconds: row.createdMilliseconds), start)
    }

    private func zero(_ labels: [String], created: ApplianceTime) -> Series {
        Series(
            Labels(descriptor.labelNames, prefix + labels), descriptor.kind.zero,
            created: created.inSeconds)
    }
}

extension Series.Value {
    /// Sets the part of the value that a row holds; ignores a part that the family does not have.
    fileprivate mutating func set(_ row: LedgerRow, of descriptor: Descriptor) {
        guard case .histogram(var distribution) = self else {
            guard row.key.part == .value else { return }
            self = .number(row.exposedValue, descriptor.kind == .counter ? row.exemplar(value: 1) : nil)
            return
        }
        // Without a second reference, its arrays are changed in place.
        self = .number(0)
        distribution.set(row, of: descriptor)
        self = .histogram(distribution)
    }
}

extension HistogramValue {
    fileprivate mutating func set(_ row: LedgerRow, of descriptor: Descriptor) {
        switch row.key.part {
        case .sum: sum = row.exposedValue
        case .bucket(let index) where counts.indices.contains(index):
            counts[index] = row.exposedValue
            guard case .histogram(let bounds) = descriptor.kind, let exemplar = row.exemplar(bucket: index, of: bounds)
            else { return }
            if exemplars.isEmpty { exemplars = Array(repeating: nil, count: counts.count) }
            exemplars[index] = exemplar
        case .value, .bucket: break
        }
    }
}

extension Exemplar {
    /// The label of the exemplar of a counted record, whose value is its id.
    static let idLabel = "pbid"

    /// The exemplar of a counted record, with what was observed of it.
    init(of record: SeenRecord, value: Double = 1) {
        self.init(
            labels: Labels(Self.idLabel, record.id), value: value, timestamp: Double(record.milliseconds) / 1_000)
    }
}

extension LedgerRow {
    /// The newest record of a bucket with what was observed of it.
    ///
    /// Ledgers of earlier versions did not keep that; then it is the bound of the bucket, and `+Inf` has no exemplar.
    fileprivate func exemplar(bucket index: Int, of bounds: [Double]) -> Exemplar? {
        guard let value = newestValue ?? (index < bounds.count ? bounds[index] : nil) else { return nil }
        return exemplar(value: value)
    }

    /// The newest record of the row, unless its increment is still held.
    func exemplar(value: Double = 1) -> Exemplar? {
        isHeld ? nil : newest.map { Exemplar(of: $0, value: value) }
    }
}
