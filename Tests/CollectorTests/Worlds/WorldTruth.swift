import Collector
import Ledger

/// What everything must have come to in the end.
extension World {
    /// How an appliance's numbers differ from the truth, and which rules were broken on the way.
    func differences(of site: Site) -> [String] {
        ExpectedCounts(site, profile).differences + site.violations + lateCountDifferences(of: site)
            + counterDifferences(of: site) + unrequestedFeeds(of: site) + heldRows(of: site)
    }

    func counterDifferences(of site: Site) -> [String] {
        site.counters.flatMap { counter -> [String] in
            let isRefused = profile.refusal != nil && counter.feed != .acknowledgements
            guard let start = ledgerStart(of: counter.feed, of: site) else {
                return isRefused ? [] : ["nothing of \(counter.feed.name) is counted"]
            }
            return counter.differences(from: site.expected(of: counter.feed, since: start))
        }
    }

    /// Only records that were listed late may be counted as found late.
    private func lateCountDifferences(of site: Site) -> [String] {
        guard profile.honoursCreation, !profile.clocksStep else { return [] }
        let offset = site.history.applianceOffset(at: .min)
        let late = site.history.breaches.count { $0.isReadable && $0.listed > $0.creation - offset }
        let found = site.exposition.foundLate
        return found > late ? ["\(found) were found late, \(late) were"] : []
    }

    private func unrequestedFeeds(of site: Site) -> [String] {
        profile.feeds.filter { $0.value != 0 && site.appliance.feedRequests[$0.key.path] == nil }
            .map { "\($0.key.path) was never requested" }
    }

    /// Everything that is counted is exposed.
    private func heldRows(of site: Site) -> [String] {
        let box = Box<[LedgerRow]>([])
        let key = FeedKey(appliance: site.name, feed: FeedKind.modelBreaches.name)
        onLedger { box.value = (try? await $0.rows(key)) ?? [] }
        return box.value.filter { $0.value != $0.exposedValue || $0.isHeld }
            .map { "\($0.key) is counted \($0.value) and exposed \($0.exposedValue)" }
    }

    /// In milliseconds since 1970; nil before the first commit.
    private func ledgerStart(of feed: FeedKind, of site: Site) -> Int64? {
        let box = Box<Int64?>(nil)
        let key = FeedKey(appliance: site.name, feed: feed.name)
        onLedger { box.value = (try? await $0.checkpoint(key))?.startMilliseconds }
        return box.value
    }

    private final class Box<Value>: @unchecked Sendable {
        // Unchecked: everything happens on the loop's one thread.
        var value: Value

        init(_ value: Value) { self.value = value }
    }
}
