import Collector
import Darktrace

/// What a page says about failures: what is wrong, what to do, and the runbook that says more.
enum Advice {
    /// The failures of an appliance as a list; empty if there are none.
    static func list(of state: ApplianceState, root: String) -> String {
        var items: [String] = []
        if let problem = state.problem { items.append(text(problem, root: root)) }
        for feed in state.failingFeeds {
            guard let failure = state.warnings[feed] else { continue }
            items.append("\(HTMLText(feed.name)): \(text(failure, root: root))")
        }
        switch items.count {
        case 0: return ""
        case 1: return "<p>\(items[0])</p>"
        default: return "<ul>\(items.map { "<li>\($0)</li>" }.joined())</ul>"
        }
    }

    /// A failure in its own words, with a link to its runbook. `root` is the way to `/`.
    static func text(_ failure: PollReport.Failure, root: String) -> String {
        let name = runbook(failure)
        guard Runbooks.all.contains(where: { $0.name == name }) else { return HTMLText(failure.detail).description }
        return "\(HTMLText(failure.detail)) <a href=\"\(root)runbooks/\(name)\">Runbook \(name)</a>"
    }

    /// The alert that fires for such a failure when it lasts.
    private static func runbook(_ failure: PollReport.Failure) -> String {
        switch failure.apiReason {
        case .signature, .date: "DarktraceSignatureFailures"
        case .permission, .login: "DarktraceAccessRefused"
        case .rateLimited: "DarktraceRateLimited"
        default:
            switch failure.reason {
            case .ledger: "DarktraceLedgerCommitFailing"
            case .budget: "DarktraceRequestBudgetExhausted"
            case .records: "DarktraceUnreadableRecords"
            default: "DarktraceApplianceDown"
            }
        }
    }
}
