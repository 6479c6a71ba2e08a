import Foundation
import TestSupport

/// What `backfill` wrote, read back.
struct WrittenHistory {
    struct Sample {
        let value: Double
        let time: Double
    }

    /// By name and labels as they are written, in the order of the lines.
    let series: [String: [Sample]]
    /// The last line of the format is there.
    let isWhole: Bool

    init(_ file: String) throws {
        let text = try String(contentsOfFile: file, encoding: .utf8)
        var series: [String: [Sample]] = [:]
        for line in text.split(separator: "\n") where !line.hasPrefix("#") {
            let words = line.split(separator: " ")
            guard words.count > 2, let value = Double(words[words.count - 2]), let time = Double(words[words.count - 1])
            else { throw WaitTimeout(what: "a sample with its time", seen: String(line)) }
            series[words.dropLast(2).joined(separator: " "), default: []].append(Sample(value: value, time: time))
        }
        self.series = series
        isWhole = text.hasSuffix("\n# EOF\n")
    }

    /// How much a counter grew by all its samples, by model and category.
    func models(of appliance: String) throws -> [String: [String: Int]] {
        var models: [String: [String: Int]] = [:]
        for (name, samples) in series where name.hasPrefix("darktrace_model_breaches_total{") {
            guard let sample = try Scrape("\(name) 0").samples.first else { continue }
            guard sample.labels["appliance"] == appliance else { continue }
            let growth = zip(samples, samples.dropFirst()).reduce(0.0) { sum, pair in
                sum + (pair.1.value < pair.0.value ? pair.1.value : pair.1.value - pair.0.value)
            }
            models[sample.labels["model"] ?? "", default: [:]][sample.labels["category"] ?? ""] = Int(growth)
        }
        return models
    }
}
