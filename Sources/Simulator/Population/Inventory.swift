/// How many devices and accounts an appliance knows: they become more, and so do the licences in use.
struct Inventory: Sendable {
    /// Numbers of devices by the types of `/summarystatistics`.
    let devices: [(type: String, count: Int)]
    /// Numbers of accounts by platform.
    let accounts: [(platform: String, count: Int)]
    /// Breaches by tactic over the last 28 days.
    let tactics: [(slug: String, count: Int)]

    /// At an instant of world time, in milliseconds since 1970.
    init(epoch: Int64, now: Int64) {
        let days = Int(max(0, now - epoch) / 86_400_000)
        devices = [
            ("unknown", 4), ("laptop", 20 + days / 3), ("mobile", 3), ("tablet", 1), ("desktop", 30 + days / 2),
            ("server", 12), ("router", 2), ("keyasset", 0), ("dnsserver", 2), ("proxyserver", 0), ("logserver", 0),
            ("tv", 0), ("camera", 1), ("fileserver", 1), ("ipphone", 8), ("iot", days / 10),
        ]
        cloudCount = 3 + days / 5
        accounts = [("Office365", 60 + days), ("AzureActiveDirectory", 30 + days / 2)]
        tactics = [
            ("command-and-control", 19 + days % 5), ("lateral-movement", 8), ("exfiltration", 7 + days % 3),
            ("discovery", 4), ("initial-access", 0),
        ]
    }

    var deviceCount: Int { devices.reduce(0) { $0 + $1.count } }
    /// Servers in a cloud, which need a licence of their own; they are not among the devices.
    let cloudCount: Int
    var accountCount: Int { accounts.reduce(0) { $0 + $1.count } }
}
