import Darktrace
import Ledger

/// What to ask for next.
extension BreachFeed {
    private var plan: Plan { line.plan }
    private var recheckWindow: Int64 { Int64(seconds: plan.recheckWindow, unit: 1_000) }

    /// How much before the cursor is asked again: much more when only activity can be asked for, which may be hours
    /// older than the record.
    var overlap: Int64 {
        let overlap = Int64(seconds: plan.overlap, unit: 1_000)
        return notes.ignoresCreation ? max(overlap, min(recheckWindow, 6 * 3_600_000)) : overlap
    }

    /// Marks are kept for 30 days, and four times as long as anything is asked again, before what still is.
    var retention: Int64 {
        max(30 * 86_400_000, 4 * max(overlap, recheckWindow + Recheck.margin))
    }

    /// The book, or what it will be if the next answer is the first.
    var bookOrDraft: Book {
        if let book { return book }
        let now = line.now
        let start = max(0, now - Int64(seconds: plan.initialLookback, unit: 1_000))
        return Book(startMilliseconds: start, cursorMilliseconds: start)
    }

    /// Finds the way from the cursor, or goes on where the last tick ended.
    func beginTick() {
        let now = line.now
        if hasLostWay || book == nil {
            // The way to the ledger's start begins further back, for records that were created after their activity;
            // a restart on that way, which moves no cursor, begins there again.
            let isBeforeStart = book.map { $0.cursorMilliseconds <= $0.startMilliseconds } ?? true
            let reach = isBeforeStart ? max(overlap, recheckWindow) : overlap
            let slices = sweep?.slices ?? Slices(width: 86_400_000 + reach)
            sweep = Sweep(cursor: bookOrDraft.cursorMilliseconds, end: now, overlap: reach, slices: slices)
            hasLostWay = false
        }
        sweep?.begin(end: now, overlap: overlap)
        guard recheck == nil, book?.isComplete == true else { return }
        let settled = notes.rechecked ?? now - recheckWindow
        let interval = Int64(seconds: plan.recheckInterval, unit: 1_000)
        let age = max(0, now - recheckWindow - settled)
        recheck = Recheck(
            settled: settled, window: recheckWindow, interval: interval,
            due: line.monotonic + max(0, interval - age) * 1_000_000)
    }

    /// The next request of this tick: newest data first, then the way to now, then the second look.
    func nextErrand() -> Errand? {
        if let pending = course.pending { return pending }
        let now = line.now
        if owed == .recheck, let second = secondLook(now) { return second }
        if !course.hasSwept, let slice = sweep?.slice(to: now) {
            if now - slice.end > overlap, book?.isComplete == true, !course.hasSeenTail, owed != .sweep {
                let width = min(tailWidth, sweep?.slices.width ?? tailWidth)
                return errand(.tail, Window(start: now - max(width, 1_000), end: now), now)
            }
            return errand(.sweep, slice, now)
        }
        return secondLook(now)
    }

    /// It looks at nothing that was not asked for before: what is new there was listed late.
    private func secondLook(_ now: Int64) -> Errand? {
        guard let book, book.isComplete,
            let next = recheck?.next(
                now: min(now, book.cursorMilliseconds), monotonic: line.monotonic,
                oldest: book.startMilliseconds - recheckWindow)
        else { return nil }
        return inTheFormOwed(
            Errand(
                purpose: .recheck, window: next.window, now: now, byCreation: next.byCreation,
                isLong: notes.needsLongForm))
    }

    private func errand(_ purpose: Errand.Purpose, _ window: Window, _ now: Int64) -> Errand {
        inTheFormOwed(
            Errand(
                purpose: purpose, window: Window(start: max(0, window.start), end: window.end), now: now,
                byCreation: !notes.ignoresCreation, isLong: notes.needsLongForm))
    }

    /// Asks in the long form at once for what the last poll had to, and had no request left.
    private func inTheFormOwed(_ errand: Errand) -> Errand {
        guard owed == errand.purpose, !owedLacking.isEmpty else { return errand }
        var errand = errand
        errand.isLong = true
        errand.lacking = owedLacking
        return errand
    }

    /// Halves what was asked for when the answer was too large or too slow; anything else ends the poll.
    func narrow(_ errand: Errand, _ refusal: Refusal, _ attempt: Attempt) throws(Interruption) {
        let isTooLarge = refusal.reason == .tooLarge
        if suggestsNarrowing(refusal, attempt), halve(errand, refusal.reason) {
            if isTooLarge || mayBeSlower(errand, attempt) {
                course.slowAnswers += isTooLarge ? 0 : 1
                course.slowness = isTooLarge ? nil : Interruption(refusal, retryAfter: attempt.retryAfterSeconds)
                line.report(.narrowed(seconds: Double(errand.window.span) / 2_000, reason: refusal.reason))
                return
            }
        }
        if errand.purpose == .recheck { recheck?.postpone(monotonic: line.monotonic) }
        throw Interruption(refusal, retryAfter: attempt.retryAfterSeconds)
    }

    /// Whether a slow answer leaves the poll another try.
    ///
    /// The next poll goes on with what this one learnt about width. If there is none, this one has to find a width that
    /// is answered, unless the appliance did not even take the request: half first, then the narrowest.
    private func mayBeSlower(_ errand: Errand, _ attempt: Attempt) -> Bool {
        let exchange = attempt.exchange
        if course.isLast { return course.slowAnswers < 2 && (exchange.head != nil || exchange.phases.wait > 0) }
        let isWide = errand.window.span > 2 * (overlap + Int64(seconds: plan.pollInterval, unit: 1_000))
        return isWide && course.slowAnswers == 0
    }

    private func suggestsNarrowing(_ refusal: Refusal, _ attempt: Attempt) -> Bool {
        switch refusal.reason {
        case .tooLarge, .timeout: true
        // Cut in the middle, or given up by a gateway that waited too long.
        case .malformed: attempt.exchange.head?.status == 200 && attempt.exchange.bodyBytes > 0
        case .server: attempt.exchange.head?.status == 504
        default: false
        }
    }

    private func halve(_ errand: Errand, _ reason: Refusal.Reason) -> Bool {
        let span = errand.window.span
        let toFloor = course.isLast && course.slowAnswers > 0
        switch errand.purpose {
        case .sweep:
            passesUnreadable = hasWidened
            return sweep?.slices.narrow(span, because: reason, toFloor: toFloor) ?? false
        case .recheck: return recheck?.slices.narrow(span, because: reason, toFloor: toFloor) ?? false
        case .tail:
            guard span > 1_000 else { return false }
            tailWidth = toFloor ? min(span / 2, Slices.narrowestBySlowness) : span / 2
            course.hasSeenTail = false
            return true
        }
    }

    /// Asks for the long form of the same window when records lack something that it may have.
    func asksLonger(_ errand: Errand, _ batch: Batch) -> Bool {
        guard errand.isLong else {
            let lacking = batch.lacking.subtracting(hopeless)
            guard !lacking.isEmpty else { return false }
            var longer = errand
            longer.isLong = true
            longer.lacking = lacking
            course.pending = longer
            return true
        }
        if batch.hasMended {
            if !notes.needsLongForm { line.report(.longForm) }
            notes.needsLongForm = true
        } else {
            if hopeless.count > 10_000 { hopeless = [] }
            hopeless.formUnion(errand.lacking.intersection(batch.lacking))
        }
        return false
    }

    /// An answer of which nothing can be read moves nothing, as if it had not come: when all records look strange,
    /// it is the exporter that does not know them, and its next version may.
    ///
    /// - Returns: Whether a wider slice is to be asked for in its place, and now.
    func looksFurther(_ errand: Errand, _ batch: Batch) throws(Interruption) -> Bool {
        guard errand.purpose == .sweep, batch.isAllUnreadable else {
            if errand.purpose == .sweep, batch.readableCount > 0 { (hasWidened, passesUnreadable) = (false, false) }
            return false
        }
        guard !passesUnreadable else { return false }
        reportUnreadable(batch)
        hasWidened = true
        sweep?.slices.widen()
        if course.isLast, errand.window.end < errand.now { return true }
        tally.unreadable += batch.unreadableCount
        let detail = "none of \(batch.received) records could be read, so nothing was counted; please report it"
        throw .failed(Poll.Failure(.records, detail), Setback(isLocal: true))
    }
}
