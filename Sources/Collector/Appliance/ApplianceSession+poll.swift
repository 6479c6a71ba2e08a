import Darktrace

/// How a poll of a feed went.
struct PollOutcome {
    /// In nanoseconds of the monotonic clock.
    let end: Int64
    /// Nil after a success.
    let failure: (PollReport.Failure, RetryPolicy)?
    /// Credentials that were refused or could not be read.
    let rejectedCredentials: RejectedCredentials?

    enum RejectedCredentials: Equatable {
        case unreadable
        case credentials(Credentials)
    }
}

extension ApplianceSession {
    /// Polls a feed once with the credentials of the moment, and reports how that went; nil when the task is cancelled.
    ///
    /// - Parameters:
    ///   - start: When the poll began, in nanoseconds of the monotonic clock.
    ///   - deadline: When the next one is due; `.max` when there is none, so that this one is to do all there is to do.
    func poll(_ feed: any Feed, from start: Int64, until deadline: Int64) async -> PollOutcome? {
        let (failure, refused) = await attempt(feed, until: deadline)
        guard !Task.isCancelled else { return nil }
        let end = monotonic
        reportFirstAttemptEnded()
        let tally = feed.counts
        report(
            .pollEnded(
                PollReport(
                    feed: feed.kind, seconds: Double(end - start) / 1e9, failure: failure?.0, counted: tally.counted,
                    unreadable: tally.unreadable, cursorMilliseconds: tally.cursor, isComplete: tally.isComplete)))
        return PollOutcome(end: end, failure: failure, rejectedCredentials: refused)
    }

    private func attempt(
        _ feed: any Feed, until deadline: Int64
    ) async -> (failure: (PollReport.Failure, RetryPolicy)?, refused: PollOutcome.RejectedCredentials?) {
        let credentials: Credentials
        do throws(SecretError) {
            credentials = try plan.credentials()
        } catch {
            return ((PollReport.Failure(.secret, error.detail), RetryPolicy(skipsBackoff: true)), .unreadable)
        }
        do throws(PollError) {
            try await feed.poll(credentials: credentials, until: deadline)
        } catch {
            guard case .failed(let failure, let setback) = error else { return (nil, nil) }
            return ((failure, setback), setback.cause == .other ? nil : .credentials(credentials))
        }
        return (nil, nil)
    }
}
