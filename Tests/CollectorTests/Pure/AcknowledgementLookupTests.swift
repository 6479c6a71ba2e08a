import Testing

@testable import Collector

/// Which full records are requested first.
@Suite struct AcknowledgementLookupTests {
    /// Candidates that were created so many minutes ago, as ids and by time.
    private func candidates(
        _ minutesAgo: [Int64], single: Set<Int64>, window: Set<Int64>
    ) -> [AcknowledgementLookup.Candidate] {
        minutesAgo.map {
            AcknowledgementLookup.Candidate(
                breach: BreachIdentity(id: $0, creation: Self.now - $0 * 60_000),
                form: single.contains($0) ? .single : window.contains($0) ? .window : .any)
        }
    }
    private static let now: Int64 = 1_760_000_000_000

    private func first(
        _ minutesAgo: [Int64], single: Set<Int64> = [], window: Set<Int64> = [], width: Duration = .day,
        singles: Int? = 5
    ) -> AcknowledgementLookup? {
        AcknowledgementLookup.first(
            of: candidates(minutesAgo, single: single, window: window), width: width, singles: singles)
    }

    private func single(_ minutesAgo: Int64) -> AcknowledgementLookup {
        .single(BreachIdentity(id: minutesAgo, creation: Self.now - minutesAgo * 60_000))
    }

    private func window(_ oldest: Int64, _ newest: Int64) -> AcknowledgementLookup {
        .window(
            QueryWindow(start: .at(Self.now - oldest * 60_000), end: .at(Self.now - newest * 60_000 + 1)))
    }

    @Test func `up to five are requested alone, the newest first, and more of them in one window`() {
        #expect(first([]) == nil)
        #expect(first([7]) == single(7))
        #expect(first([1, 2, 3, 4, 5]) == single(1))
        #expect(first([1, 2, 3, 4, 5, 6]) == window(6, 1))
        #expect(first(Array(1...500)) == window(500, 1))
    }

    @Test func `a window has no more than its width, and what is left is few enough again`() {
        #expect(first(Array(1...500), width: .hour) == window(60, 1))
        #expect(first([1, 2, 3, 4, 5, 1_500], width: .day) == single(1))
        #expect(first([1, 1_500, 3_000, 4_500, 6_000, 7_500]) == single(1))
    }

    @Test func `with no single requests left the rest waits for the next poll, unless a window has it`() {
        #expect(first([1, 2], singles: 0) == nil)
        #expect(first(Array(1...6), singles: 0) == window(6, 1))
    }

    @Test func `where there are no single requests a window of one is requested`() {
        #expect(first([7], singles: nil) == window(7, 7))
    }

    @Test func `what no single request has is requested in a window, with what is near`() {
        #expect(first([7], window: [7]) == window(7, 7))
        #expect(first([1, 2, 1_500], window: [2]) == window(2, 1))
    }

    @Test func `what no window has is requested alone, or not at all`() {
        #expect(first(Array(1...6), single: [3]) == single(1))
        #expect(first(Array(1...7), single: [1]) == window(7, 2))
        #expect(first([1, 2], single: [1, 2], singles: nil) == nil)
    }
}
