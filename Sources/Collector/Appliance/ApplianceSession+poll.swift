import Darktrace

/// How a poll of a feed went.
struct PollOutcome {
    /// In nanoseconds of the monotonic clock.
    let end: Int64
    /// Nil after a success.
    let failure: (PollReport.Failure, RetryPolicy)?
    /// Credentials that were refused or could not be read.
    let rejectedCredentials: RejectedCredentials?
    /// Nanoseconds that the poll took.
    let duration: Int64

    enum RejectedCredentials: Equatable {
        case unreadable
        case credentials(Credentials)
    }
}

extension ApplianceSession {
    /// Polls a feed once with the current credentials; nil when the task is cancelled. `reportPoll` reports the outcome.
    ///
    /// - Parameters:
    ///   - start: When the poll began, in nanoseconds of the monotonic clock.
    ///   - deadline: When the next one is due; `.max` when there is none, so that this one is to do all there is to do.
    func poll(_ feed: any Feed, from start: Int64, until deadline: Int64) async -> PollOutcome? {
        let (failure, refused) = await attempt(feed, until: deadline)
        guard !Task.isCancelled else { return nil }
        let end = monotonic
        reportFirstAttemptEnded()
        return PollOutcome(end: end, failure: failure, rejectedCredentials: refused, duration: end - start)
    }

    /// Reports the outcome of a poll.
    ///
    /// - Parameter retrySeconds: the delay until the next attempt when the feed backs off.
    func reportPoll(_ feed: any Feed, _ outcome: PollOutcome, retrySeconds: Double? = nil) {
        let counts = feed.counts
        report(
            .pollEnded(
                PollReport(
                    feed: feed.kind, seconds: Double(outcome.duration) / 1e9, failure: outcome.failure?.0,
                    counted: counts.counted, unreadable: counts.unreadable, cursorMilliseconds: counts.cursor,
                    isComplete: counts.isComplete, retrySeconds: retrySeconds)))
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
