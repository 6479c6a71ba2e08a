extension ModelAppliance {
    /// The parameters of a request.
    struct Query: Equatable {
        var start: Int64 = -1
        var end: Int64 = -1
        var byCreation = false
        var isMinimal = false
        var includesAcknowledged = false
        var includesCleared = false
        /// Pinned records come whatever the window is, unless a request says otherwise.
        var includesPinned = true
        var needsConfirming = false
        /// Of a request for one breach.
        var id: Int64?

        init(_ target: String) {
            let parameters = target.utf8.drop { $0 != UInt8(ascii: "?") }.dropFirst()
            for pair in parameters.split(separator: UInt8(ascii: "&")) {
                guard let equals = pair.firstIndex(of: UInt8(ascii: "=")) else { continue }
                let value = Substring(pair[pair.index(after: equals)...])
                switch Substring(pair[..<equals]) {
                case "starttime": start = Int64(value) ?? -1
                case "endtime": end = Int64(value) ?? -1
                case "creationtime": byCreation = value == "true"
                case "includeacknowledged": includesAcknowledged = value == "true"
                case "includecleared": includesCleared = value == "true"
                case "includeallpinned": includesPinned = value != "false"
                case "needconfirming": needsConfirming = value == "true"
                case "pbid": id = Int64(value)
                case "minimal": isMinimal = value == "true"
                default: break
                }
            }
        }
    }
}
