import Locking
import Metrics
import ScrapeEndpoint

/// Appliances that change all the time, and of which each scrape must see one state.
///
/// In every state an appliance's `whole_total` is the sum of its `parts_total`, all of its series have one label `site`,
/// and its `revision` names the state. Appliances come back with the counts they had.
final class InvariantLedger: Sendable {
    private static let parts = Descriptor("parts_total", .counter, labels: ["appliance", "part"], help: "Parts.")
    private static let whole = Descriptor("whole_total", .counter, labels: ["appliance"], help: "All parts.")
    private static let revision = Descriptor("revision", .gauge, labels: ["appliance"], help: "States so far.")
    private static let lively = Descriptor("lively_total", .counter, help: "Live section.")

    private struct Account {
        var parts = [Double](repeating: 0, count: 20)
        var site = 0
        var revision: UInt64 = 1
        var isConfigured = true
    }

    static let appliances = 10
    private static let maxParts = 60
    private let accounts = Locked([Account](repeating: Account(), count: appliances))
    private let liveSections = Locked(0.0)

    /// Now and then grows, relabels, removes or adds an appliance, and commits.
    func change(_ number: Int) {
        accounts.withLock { accounts in
            let place = number % Self.appliances
            switch number % 97 {
            case 31: accounts[place].site += 1
            // The first one stays, so that no body is without a series.
            case 47 where place > 0: accounts[place].isConfigured.toggle()
            case 61 where accounts[place].parts.count < Self.maxParts:
                accounts[place].parts += Array(repeating: 0, count: 10)
            default: break
            }
        }
        commit(number)
    }

    /// Changes many parts of one appliance at once.
    func commit(_ number: Int) {
        accounts.withLock { accounts in
            let place = number % Self.appliances
            let count = accounts[place].parts.count
            for step in 0..<20 { accounts[place].parts[(number &* 31 &+ step &* 17) % count] += 1 }
            accounts[place].revision += 1
        }
    }

    func groups() -> [MetricGroup] {
        accounts.withLock { $0 }.enumerated().filter(\.element.isConfigured).map { number, account in
            MetricGroup("appliance \(number)", revision: [account.revision]) { self.families(of: number) }
        }
    }

    private func families(of number: Int) -> [MetricFamily] {
        let account = accounts.withLock { $0[number] }
        let labels = Labels(["appliance"], ["\(number)"])
        let series = account.parts.enumerated().map { part, value in
            Series(Labels(["appliance", "part"], ["\(number)", "\(1_000 + part)"]), .number(value))
        }
        return [
            MetricFamily(Self.parts, series),
            MetricFamily(Self.whole, [Series(labels, .number(account.parts.reduce(0, +)))]),
            MetricFamily(Self.revision, [Series(labels, .number(Double(account.revision)))]),
        ].with(commonLabels: Labels(["site"], ["\(account.site)"]))
    }

    func live(_ scope: ScrapeScope) -> [MetricFamily] {
        let number = liveSections.withLock { sections in
            sections += 1
            return sections
        }
        return [MetricFamily(Self.lively, [Series(.none, .number(number))])]
    }
}
