package import Darktrace

/// What the records of one answer look like, without any of them being kept.
package struct RecordStats: Sendable, Equatable {
    package private(set) var readable = 0
    package private(set) var unreadable = 0
    /// Readable ones whose short form lacks what the long one may have.
    package private(set) var lacking = 0
    /// What is wrong with the first that cannot be read.
    package private(set) var firstProblem: String?

    package init() {}

    package var count: Int { readable + unreadable }

    /// Takes one record in.
    package mutating func take(_ record: Result<ModelBreach, UnreadableRecord>) {
        switch record {
        case .success(let breach):
            readable += 1
            if breach.lacksShortFields { lacking += 1 }
        case .failure(let problem):
            unreadable += 1
            firstProblem = firstProblem ?? problem.detail
        }
    }
}
