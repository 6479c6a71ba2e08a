package import Configuration

/// Where an appliance is and how it is reached, as far as a person should read it.
package struct TargetInfo: Sendable, Equatable {
    /// `10.0.0.5:443`, an IPv6 address in brackets.
    package let place: String
    package let isSecure: Bool
    /// Whether the certificate is looked at.
    package let isVerified: Bool
    package let isProxied: Bool

    package init(place: String, isSecure: Bool = true, isVerified: Bool = true, isProxied: Bool = false) {
        self.place = place
        self.isSecure = isSecure
        self.isVerified = isVerified
        self.isProxied = isProxied
    }

    /// As configured; the proxy's address, which may hold a password, is left out.
    package init(_ appliance: Settings.Appliance) {
        let host = appliance.url.host
        self.init(
            place: "\(host.contains(":") ? "[\(host)]" : host):\(appliance.url.port)", isSecure: appliance.url.isSecure,
            isVerified: !appliance.tls.insecureSkipVerify, isProxied: appliance.proxy != nil)
    }
}
