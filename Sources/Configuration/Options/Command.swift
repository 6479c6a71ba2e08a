/// What the program is to do; without a word it serves.
enum Command: String, CaseIterable, Sendable {
    case serve, check, once, backfill

    var help: String {
        switch self {
        case .serve: "Poll the appliances and serve the metrics (the default)."
        case .check: "Try every configured appliance once and say what is wrong."
        case .once: "Poll every feed once, print the metrics, exit."
        case .backfill: "Write the breach history of a time range, for promtool."
        }
    }
}
