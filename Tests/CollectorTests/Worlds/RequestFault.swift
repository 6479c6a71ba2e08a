/// What becomes of a request.
enum RequestFault: CaseIterable {
    case fine
    case noConnection, timeout, timeoutInBody, cut, silentCut, garbageAfter, empty
    case serverError, gatewayTimeout, rateLimited
    case signature, date, login, forbidden, page

    /// Anything but fine.
    static func bad(_ dice: inout SeededRNG) -> RequestFault {
        dice.pick(allCases.filter { $0 != .fine })
    }
}
