extension SimulatorOptions.ApplianceOption {
    /// Reads `name:publictoken:privatetoken[:key=value…]`; the text itself is never shown, as it holds a secret.
    init(parsing text: String) throws(InvalidOption) {
        var parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard parts.count >= 3, parts[0...2].allSatisfy({ !$0.isEmpty }) else {
            throw InvalidOption("--appliance must be name:publictoken:privatetoken[:key=value…]")
        }
        self.init(name: parts[0], publicToken: parts[1], privateToken: parts[2])
        parts.removeFirst(3)
        // An address has colons of its own: what has no = belongs to the part before.
        var pairs: [String] = []
        for part in parts {
            if part.contains("=") || pairs.isEmpty { pairs.append(part) } else { pairs[pairs.count - 1] += ":\(part)" }
        }
        for pair in pairs { try set(pair) }
    }

    private mutating func set(_ pair: String) throws(InvalidOption) {
        let parts = pair.split(separator: "=", maxSplits: 1).map(String.init)
        guard parts.count == 2 else { throw InvalidOption("--appliance \(name): \"\(pair)\" is no key=value") }
        switch parts[0] {
        case "rate":
            guard let number = SimulatorOptions.rate(parts[1]) else {
                throw InvalidOption("--appliance \(name): rate must be breaches per day, 0 to 10000000")
            }
            rate = number
        case "seed":
            guard let number = UInt64(parts[1]) else {
                throw InvalidOption("--appliance \(name): seed must be a whole number")
            }
            seed = number
        case "listen": listenAddress = parts[1]
        case "host": hostName = parts[1]
        default:
            throw InvalidOption("--appliance \(name): unknown key \(parts[0]); there is rate, seed, listen, host")
        }
    }
}
