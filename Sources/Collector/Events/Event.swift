package import Darktrace
package import Ledger

/// Something that happened to one appliance, for whoever logs and counts.
package struct Event: Sendable {
    package let appliance: String
    package let kind: Kind

    package init(appliance: String, _ kind: Kind) {
        self.appliance = appliance
        self.kind = kind
    }

    /// What happened.
    package enum Kind: Sendable {
        /// A try is about to be sent to this path.
        case attemptBegan(path: String)
        /// A try has ended, answered, refused or cancelled.
        case attemptEnded(Attempt)
        /// The appliance's first try has ended, however: it is now known whether it can be reached.
        case firstAttemptEnded
        /// A part of the past has been read.
        case backfillProgress(BackfillProgress)
        /// A tick of a feed has ended.
        case pollEnded(PollReport)
        /// The appliance's clock minus ours, in seconds, by a whole answer or a refusal.
        case clockSkew(seconds: Double)
        /// The appliance's clock moved by this much against the monotonic one.
        case clockStepped(seconds: Double)
        /// A transaction reached the disk.
        case committed(seconds: Double)
        /// A transaction did not reach the disk; nothing of it is lost, the same window is asked again.
        case commitFailed(LedgerError)
        /// The ledger could not be read.
        case readFailed(LedgerError)
        /// An answer was too large or too slow: from now on this much is asked at once.
        case windowShrunk(seconds: Double, reason: APIError.Reason)
        /// The appliance was found to ignore `creationtime`, or to heed it again; also at a start that remembers it.
        case creationTimeFallback(Bool)
        /// Records that only the recheck found.
        case foundLate(count: Int)
        /// The first record of its kind that cannot be counted.
        case unreadable(UnreadableRecord)
        /// Short records lack what long ones have: long ones are asked for from now on.
        case switchedToFullRecords
        /// The first model that is counted as `other`, because `max_models` labels are in use.
        case overflow(model: String)
        /// An answer on this path has more of something than is shown; said once for each.
        case truncated(Truncation, path: String)
    }
}
