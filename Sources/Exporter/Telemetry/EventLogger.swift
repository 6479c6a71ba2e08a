import Collector
import Darktrace
import Logging

/// The log lines of events: one line for each event that an operator should know.
enum EventLogger {
    /// A poll of what is counted: every failure, the first success and each success after a failure; others at debug.
    static func pollEnded(_ poll: PollReport, of name: String, wasUp: Bool, _ logger: Logger) {
        guard let failure = poll.failure else {
            let recovered = wasUp ? [] : [(key: "recovered", value: "true")]
            return logger.log(
                wasUp ? .debug : .info, "Poll succeeded",
                fields(poll, name) + recovered
                    + [("counted", String(poll.counted)), ("unreadable", String(poll.unreadable))])
        }
        // A failed commit or read has logged its own line.
        logger.log(
            failure.reason == .ledger ? .debug : .warn, "Poll failed", fields(poll, name) + fields(failure, poll))
    }

    /// A poll of a gauge feed, which may fail permanently: a failure is logged once, until the reason changes or a poll
    /// succeeds.
    ///
    /// - Parameter before: the failure of the poll before, if it failed.
    static func pollEnded(_ poll: PollReport, of name: String, before: PollReport.Failure?, _ logger: Logger) {
        guard let failure = poll.failure else {
            let recovered = before == nil ? [] : [(key: "recovered", value: "true")]
            return logger.log(before == nil ? .debug : .info, "Poll succeeded", fields(poll, name) + recovered)
        }
        if poll.isUnavailable {
            return logger.log(
                before == nil ? .info : .debug, "Feed not available",
                fields(poll, name) + fields(failure, poll) + [("repeats", "suppressed")])
        }
        let isRepeated = before.map { ($0.reason, $0.apiReason) == (failure.reason, failure.apiReason) } ?? false
        logger.log(
            isRepeated ? .debug : .warn, "Poll failed",
            fields(poll, name) + fields(failure, poll) + [("repeats", "suppressed")])
    }

    private static func fields(_ poll: PollReport, _ name: String) -> [(key: String, value: String)] {
        [("appliance", name), ("feed", poll.feed.name), ("seconds", seconds(poll.seconds))]
    }

    private static func fields(_ failure: PollReport.Failure, _ poll: PollReport) -> [(key: String, value: String)] {
        let retry = poll.retrySeconds.map { [(key: "retry_seconds", value: seconds($0))] } ?? []
        return [("reason", failure.apiReason?.rawValue ?? failure.reason.rawValue), ("error", failure.detail)] + retry
    }

    /// One request, at debug.
    static func requestEnded(_ attempt: Attempt, of name: String, _ logger: Logger) {
        guard !attempt.isCancelled else { return }
        var fields: [(key: String, value: String)] = [
            ("appliance", name), ("path", attempt.path),
            ("status", attempt.result.head.map { String($0.status) } ?? "none"),
            ("seconds", seconds(attempt.result.phases.total)), ("bytes", String(attempt.result.bodyBytes)),
        ]
        if let error = attempt.error { fields += [("reason", error.reason.rawValue), ("error", "\(error)")] }
        logger.log(.debug, "Request ended", fields)
    }

    /// Every event that is neither a request nor a poll.
    static func log(_ event: Event, _ logger: Logger) {
        let appliance = (key: "appliance", value: event.appliance)
        switch event.kind {
        case .backfillProgress(let progress):
            logger.info(
                progress.isComplete ? "Backfill read" : "Backfill in progress", appliance,
                ("up_to", UTC.text(progress.endMilliseconds)), ("breaches", String(progress.count)))
        case .clockStepped(let step):
            logger.warn("Appliance clock stepped", appliance, ("seconds", seconds(step)))
        case .startedByOwnClock(let skew):
            logger.warn(
                "Date of the appliance not trusted, new ledger starts by the clock of this machine", appliance,
                ("skew_seconds", seconds(skew)))
        case .startRepaired(let old, let new):
            logger.error(
                "Ledger started in the future, starting again", appliance, ("from", UTC.text(old)),
                ("to", UTC.text(new)))
        case .commitFailed(let error):
            logger.error("Failed to write ledger", appliance, ("error", "\(error)"))
        case .readFailed(let error):
            logger.error("Failed to read ledger", appliance, ("error", "\(error)"))
        case .windowShrunk(let width, let reason):
            logger.info(
                "Reducing query window", appliance, ("window_seconds", seconds(width)), ("reason", reason.rawValue))
        case .creationTimeFallback(true):
            logger.warn("Appliance ignores creationtime, querying by activity time", appliance)
        case .creationTimeFallback(false):
            logger.info("Appliance honours creationtime again", appliance)
        case .breachesCounted(let breaches):
            for breach in breaches { logger.record(BreachLog.message, BreachLog.fields(breach, of: event.appliance)) }
        case .foundLate(let count):
            logger.info("Counted late model breaches", appliance, ("count", String(count)))
        case .unreadable(let record):
            logger.warn(
                "Skipping unreadable record", appliance, ("kind", "\(record.kind)"), ("error", record.detail),
                ("repeats", "suppressed"))
        case .unreadableField(let field, let path):
            logger.warn(
                "Skipping unreadable field", appliance, ("path", path), ("field", field), ("repeats", "suppressed"))
        case .switchedToFullRecords:
            logger.info("Short records incomplete, requesting full records", appliance)
        case .overflow(let model):
            logger.warn("Reached max_models, counting further models as other", appliance, ("model", model))
        case .truncated(let truncation, let path):
            logger.warn(
                "Response exceeds series limit, truncating", appliance, ("path", path), ("part", truncation.part),
                ("count", String(truncation.count)), ("shown", String(truncation.limit)), ("repeats", "suppressed"))
        case .mastersListed, .started, .removed, .attemptBegan, .attemptEnded, .firstAttemptEnded, .pollEnded,
            .clockSkew, .committed:
            break
        }
    }

    /// To the millisecond.
    private static func seconds(_ value: Double) -> String {
        guard value.isFinite, abs(value) < 1e12 else { return "\(value)" }
        return "\((value * 1_000).rounded() / 1_000)"
    }
}
