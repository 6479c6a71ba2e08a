/// The values of one metric in a response.
///
/// Most metrics have one series for each appliance, whose value needs neither memory nor a lookup of its own. A
/// metric has either that series or series with further labels, never both.
enum GaugeValues: Sendable {
    case none
    /// That of the series without further labels.
    case one(Double)
    /// By the values of the labels that follow `appliance`.
    case byLabels([[String]: Double])

    var isEmpty: Bool {
        switch self {
        case .none: true
        case .one: false
        case .byLabels(let values): values.isEmpty
        }
    }

    /// The value of a series by the labels that follow `appliance`.
    subscript(labels: [String]) -> Double? {
        switch self {
        case .none: nil
        case .one(let value): labels.isEmpty ? value : nil
        case .byLabels(let values): values[labels]
        }
    }

    /// The labels of all series, in any order.
    var labels: [[String]] {
        switch self {
        case .none: []
        case .one: [[]]
        case .byLabels(let values): Array(values.keys)
        }
    }

    /// Adds the value of a series; one that has a value already gets what `combine` makes of both.
    mutating func add(_ labels: [String], _ value: Double, _ combine: (Double, Double) -> Double) {
        guard !labels.isEmpty else {
            if case .one(let known) = self { self = .one(combine(known, value)) } else { self = .one(value) }
            return
        }
        var values: [[String]: Double] = [:]
        if case .byLabels(let known) = self { values = known }
        // The dictionary has one owner while it changes.
        self = .none
        if let known = values.updateValue(value, forKey: labels) { values[labels] = combine(known, value) }
        self = .byLabels(values)
    }

    /// Adds the values of another element of a list.
    mutating func add(_ element: GaugeValues, _ combine: (Double, Double) -> Double) {
        guard !isEmpty else { return self = element }
        switch element {
        case .none: break
        case .one(let value): add([], value, combine)
        case .byLabels(let values): for (labels, value) in values { add(labels, value, combine) }
        }
    }
}
