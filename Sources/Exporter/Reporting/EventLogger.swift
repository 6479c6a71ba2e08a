import Collector
import Configuration
import Darktrace

/// The sentences of the log, one for each thing that an operator should hear of.
enum EventLogger {
    /// A poll: each failure, the first success and each success after a failure, the rest for the curious.
    static func ended(_ poll: PollReport, of name: String, wasUp: Bool, _ logger: Logger) {
        let common: [(key: String, value: String)] = [
            ("appliance", name), ("feed", poll.feed.rawValue), ("seconds", seconds(poll.seconds)),
        ]
        guard let failure = poll.failure else {
            logger.log(
                wasUp ? .debug : .info, wasUp ? "Poll succeeded" : "Poll succeeded; the appliance is up",
                common + [("counted", String(poll.counted)), ("unreadable", String(poll.unreadable))])
            return
        }
        logger.log(
            .warn, "Poll failed", common + [("reason", failure.reason.rawValue), ("error", failure.detail)])
    }

    /// A poll of what may be refused for good: a failure is said once, until it is another one or is over.
    ///
    /// - Parameter before: The detail of the poll before, if that failed.
    static func ended(_ poll: PollReport, of name: String, before: String?, _ logger: Logger) {
        let common: [(key: String, value: String)] = [
            ("appliance", name), ("feed", poll.feed.rawValue), ("seconds", seconds(poll.seconds)),
        ]
        guard let failure = poll.failure else {
            logger.log(before == nil ? .debug : .info, "Poll succeeded", common)
            return
        }
        // The reason heads the detail; what follows may hold a number that differs each time.
        let isSaid = before.map { $0.prefix { $0 != ":" } == failure.detail.prefix { $0 != ":" } } ?? false
        logger.log(
            isSaid ? .debug : .warn,
            "Poll failed; further failures for this reason are not logged",
            common + [("reason", failure.reason.rawValue), ("error", failure.detail)])
    }

    /// Everything that is neither a request nor a poll.
    static func notice(_ event: Event, _ logger: Logger) {
        let appliance = (key: "appliance", value: event.appliance)
        switch event.kind {
        case .backfillProgress(let part):
            logger.info(
                part.isComplete ? "The history is read" : "Reading the history", appliance,
                ("up_to", UTC.text(part.endMilliseconds)), ("breaches", String(part.count)))
        case .clockStepped(let step):
            logger.warn("The clock of the appliance stepped", appliance, ("seconds", seconds(step)))
        case .readFailed(let error):
            logger.error("The ledger could not be read", appliance, ("error", "\(error)"))
        case .backingOff(let feed, let wait, let detail):
            logger.log(
                feed.isCounted ? .info : .debug, "Waiting before the next try",
                [appliance, ("feed", feed.rawValue), ("seconds", seconds(wait)), ("error", detail)])
        case .windowShrunk(let width, let reason):
            logger.info(
                "Asking for less at once", appliance, ("window_seconds", seconds(width)), ("reason", reason.rawValue))
        case .creationTimeFallback(true):
            logger.warn(
                "The appliance ignores creationtime; breaches are asked for by activity, with a wider overlap",
                appliance)
        case .creationTimeFallback(false):
            logger.info("The appliance heeds creationtime", appliance)
        case .foundLate(let count):
            logger.info("Breaches that were listed late are counted now", appliance, ("count", String(count)))
        case .unreadable(let record):
            logger.warn(
                "A record cannot be counted; others of its kind are not logged again", appliance,
                ("kind", "\(record.kind)"), ("error", record.detail))
        case .switchedToFullRecords:
            logger.info("Short records lack name, score or creation; long ones are asked for", appliance)
        case .overflow(let model):
            logger.warn(
                "max_models is reached; further models are counted as model=\"other\"", appliance, ("model", model))
        case .truncated(let surplus, let path):
            logger.warn(
                "An answer has more of something than is shown; this is not logged again", appliance, ("path", path),
                ("part", surplus.part), ("count", String(surplus.count)), ("shown", String(surplus.limit)))
        default: break
        }
    }

    /// To the millisecond, as a person reads it.
    static func seconds(_ value: Double) -> String {
        guard value.isFinite, abs(value) < 1e12 else { return "\(value)" }
        return "\((value * 1_000).rounded() / 1_000)"
    }
}
