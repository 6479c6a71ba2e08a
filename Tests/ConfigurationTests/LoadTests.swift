import Configuration
import Crypto
import Testing
import Values

@Suite struct LoadTests {
    private let folder: Folder

    init() throws { folder = try Folder() }

    @Test func `a whole file becomes settings`() throws {
        try folder.write("private", "priv-a\r\n")
        try folder.write("ca.pem", PEM.certificate)
        try folder.write("client.pem", PEM.chain)
        try folder.write("client.key", PEM.key)
        let file = try folder.write("x.yml", Self.whole)
        let launch = try Settings.load(
            arguments: ["--config.file", file, "--state.path=:memory:", "serve"], environment: [:])

        var hq = Settings.Appliance(
            name: "hq", url: BaseURL(isSecure: true, host: "10.0.0.5", port: 443),
            publicToken: .inline(Secret("pub-a")), privateToken: .file("\(folder.path)/private"))
        hq.dateFormat = .iso8601
        hq.tls.caFile = "\(folder.path)/ca.pem"
        hq.tls.certFile = "\(folder.path)/client.pem"
        hq.tls.keyFile = "\(folder.path)/client.key"
        hq.tls.serverName = "dt.example"
        hq.tls.minVersion = .tls12
        hq.proxy = Secret("http://user:pass@proxy.example:80")
        hq.pollInterval = 30
        hq.feeds["status"]?.interval = 300
        hq.pollTimeout = 10
        hq.maxModels = 50
        var lab = Settings.Appliance(
            name: "lab", url: BaseURL(isSecure: false, host: "::1", port: 8_080),
            publicToken: .inline(Secret("pub-b")), privateToken: .inline(Secret("priv-b")))
        lab.pollInterval = 5_400
        lab.feeds["status"] = .init(isEnabled: false, interval: 300, window: nil)
        lab.pollTimeout = 10
        lab.overlap = 86_400
        lab.initialLookback = 0
        lab.recheckInterval = 7_200
        lab.recheckWindow = 172_800
        lab.requestsPerMinute = 6_000
        lab.maxModels = 7
        lab.newSeriesHold = 0
        var expected = Settings()
        expected.file = file
        expected.files = [Settings.FileState(path: file)]
        expected.state = .file(":memory:")
        expected.appliances = [hq, lab]
        #expect(launch == .run(expected, warnings: []))
    }

    @Test func `a byte order mark, comments and JSON style are fine`() throws {
        let text = """
            \u{FEFF}# comment
            {"appliances": [{"name": "a", "url": "https://[2001:db8::1]:8443/", "public_token": "p", "private_token": "q"}]}
            """
        let file = try folder.write("x.yml", text)
        guard case .run(let settings, _) = try Settings.load(arguments: ["--config.file=\(file)"], environment: [:])
        else {
            Issue.record("not a run")
            return
        }
        #expect(settings.appliances.map(\.url) == [BaseURL(isSecure: true, host: "2001:db8::1", port: 8_443)])
    }

    private static let whole = """
        global:
          poll_interval: 30s
          status_interval: 5m
          poll_timeout: "10s"
          max_models: 50
        appliances:
          - name: hq
            url: https://10.0.0.5
            public_token: " pub-a "
            private_token_file: private
            date_format: iso8601
            tls_config:
              ca_file: ca.pem
              cert_file: client.pem
              key_file: client.key
              server_name: DT.example
              insecure_skip_verify: false
              min_version: TLS12
            proxy_url: http://user:pass@proxy.example
          - name: lab
            url: HTTP://[::1]:8080
            public_token: pub-b
            private_token: 'priv-b'
            tls_config:
            poll_interval: 1h30m
            status_interval: 0s
            overlap: 1d
            initial_lookback: 0
            recheck_interval: 2h
            recheck_window: 2d
            requests_per_minute: 6000
            max_models: 7
            new_series_hold: 0s
        """
}

/// A certificate and its key, made for the tests.
enum PEM {
    private static let pair = try? TestCertificate()
    static let certificate = pair?.authorityPEM ?? ""
    /// The certificate of `key`, then its authority.
    static let chain = pair?.chainPEM ?? ""
    static let key = pair?.keyPEM ?? ""
}
