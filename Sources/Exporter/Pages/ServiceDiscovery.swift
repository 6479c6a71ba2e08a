package import Configuration
package import HTTPServer
import Values

/// `/sd`: the configured appliances in the form of Prometheus' HTTP service discovery, each a target of its own.
package struct ServiceDiscovery: Sendable {
    /// From `--web.external-url`; nil uses the `Host` of the request.
    private let externalURL: WebURL?
    /// The path of the metrics on this server.
    private let metricsPath: String
    private let usesTLS: Bool
    private let appliances: @Sendable () -> [Settings.Appliance]

    /// - Parameter appliances: The configured appliances, the disabled ones included.
    package init(
        _ web: Settings.Web, usesTLS: Bool, appliances: @escaping @Sendable () -> [Settings.Appliance]
    ) {
        externalURL = web.externalURL
        // A proxy may serve the pages below another path than this server does.
        metricsPath = (web.externalURL?.path ?? web.routePrefix) + web.telemetryPath
        self.usesTLS = usesTLS
        self.appliances = appliances
    }

    /// The list, or 400 for a request that does not say how it reached this server.
    package func response(to request: borrowing Request) -> Response {
        guard let address = externalURL?.authority ?? Self.host(of: request) else {
            return Page.response("The header Host is missing or invalid; set --web.external-url\n", status: 400)
        }
        let scheme = externalURL?.scheme ?? (usesTLS ? "https" : "http")
        let targets = appliances().map { appliance in
            var labels = appliance.presentation.labels
            labels["__scheme__"] = scheme
            labels["__metrics_path__"] = metricsPath
            labels["__param_appliance"] = appliance.name
            // All targets have one address: without this label they would share their series `up`.
            labels["instance"] = appliance.name
            return JSONOutput.object([
                "targets": .list([.text(address)]), "labels": .object(labels.mapValues(JSONOutput.text)),
            ])
        }
        return Page.response(
            String(decoding: JSONOutput.list(targets).bytes(), as: UTF8.self), type: "application/json")
    }

    /// The header `Host`, if it is one host with or without a port.
    private static func host(of request: borrowing Request) -> String? {
        let hosts = request.values(of: "Host")
        guard hosts.count == 1, let url = try? WebURL(parsing: "http://\(hosts[0])"), url.path.isEmpty else {
            return nil
        }
        return url.authority
    }
}
