import Collector
import Logging

/// The log lines of the leases of this replica.
enum LeaseEventLogger {
    static func log(_ event: LeaseEvent, _ logger: Logger) {
        switch event {
        case .changed(let taken, let released, let lost):
            log("Took leases", taken, .info, logger)
            log("Released leases", released, .info, logger)
            log("Lost leases, other replicas may poll these appliances now", lost, .warn, logger)
        case .unreachable(let error):
            logger.error("Ledger is not reachable, nothing is counted until it is", ("error", "\(error)"))
        case .reachable: logger.info("Ledger is reachable again")
        }
    }

    private static func log(_ message: String, _ appliances: [String], _ level: LogLevel, _ logger: Logger) {
        guard !appliances.isEmpty else { return }
        logger.log(
            level, message,
            [("count", String(appliances.count)), ("appliances", appliances.joined(separator: ","))])
    }
}
