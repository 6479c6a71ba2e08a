import Foundation
import TestSupport

/// One exposition in text format 0.0.4, read back.
struct Scrape {
    struct Sample {
        let name: String
        let labels: [String: String]
        let value: Double
    }

    let samples: [Sample]

    init(_ text: String) throws {
        samples = try text.split(separator: "\n").filter { !$0.hasPrefix("#") }.map { line in
            guard let sample = Self.sample(line) else { throw WaitTimeout(what: "a sample", seen: String(line)) }
            return sample
        }
    }

    /// The value of the one series with this name and at least these labels.
    func value(_ name: String, _ labels: [String: String] = [:]) -> Double? {
        let found = all(name, labels)
        return found.count == 1 ? found[0].value : nil
    }

    /// The sum over the series with this name and at least these labels.
    func sum(_ name: String, _ labels: [String: String] = [:]) -> Double {
        all(name, labels).reduce(0) { $0 + $1.value }
    }

    func all(_ name: String, _ labels: [String: String] = [:]) -> [Sample] {
        samples.filter { sample in
            sample.name == name && labels.allSatisfy { sample.labels[$0.key] == $0.value }
        }
    }

    private static func sample(_ line: Substring) -> Sample? {
        var labels: [String: String] = [:]
        var rest = line[...]
        guard let nameEnd = rest.firstIndex(where: { $0 == "{" || $0 == " " }) else { return nil }
        let name = String(rest[..<nameEnd])
        rest = rest[nameEnd...]
        if rest.first == "{" {
            rest.removeFirst()
            while let character = rest.first, character != "}" {
                guard let equals = rest.firstIndex(of: "=") else { return nil }
                let key = String(rest[..<equals])
                rest = rest[rest.index(equals, offsetBy: 2)...]
                var value = ""
                while let next = rest.popFirst(), next != "\"" {
                    guard next == "\\", let escaped = rest.popFirst() else {
                        value.append(next)
                        continue
                    }
                    value.append(escaped == "n" ? "\n" : escaped)
                }
                labels[key] = value
                if rest.first == "," { rest.removeFirst() }
            }
            rest = rest.dropFirst()
        }
        guard
            let number = Double(rest.trimmingCharacters(in: .whitespaces).replacingOccurrences(of: "Inf", with: "inf"))
        else { return nil }
        return Sample(name: name, labels: labels, value: number)
    }
}
