import Configuration
import Testing

@Suite struct FlagTests {
    private let folder: Folder
    private let good: String

    init() throws {
        folder = try Folder()
        good = try folder.write("good.yml", file())
    }

    private func load(_ arguments: [String]) throws -> Invocation {
        try Settings.load(arguments: arguments, environment: [:], defaultFile: good)
    }

    private func complaint(_ arguments: [String]) -> String? {
        do {
            _ = try Settings.load(arguments: arguments, environment: [:], defaultFile: good)
            return nil
        } catch { return error.description }
    }

    struct Good: Sendable {
        let arguments: [String]
        let change: @Sendable (inout Settings) -> Void

        init(_ arguments: String..., change: @escaping @Sendable (inout Settings) -> Void) {
            self.arguments = arguments
            self.change = change
        }
    }

    static let goods = [
        Good { _ in },
        Good("serve") { _ in },
        Good("--", "serve") { _ in },
        Good("--log.level=debug", "serve") { $0.log.level = .debug },
        Good("serve", "--log.level", "error", "--log.format", "json") {
            ($0.log.level, $0.log.format) = (.error, .json)
        },
        Good(
            "--web.listen-address=127.0.0.1:0", "--web.listen-address", "[::1]:9000", "--web.listen-address=unix:/run/x"
        ) {
            $0.web.listenAddresses = ["127.0.0.1:0", "[::1]:9000", "unix:/run/x"]
        },
        Good("--web.listen-address=:80") { $0.web.listenAddresses = [":80"] },
        Good("--web.telemetry-path=/a/b.c") { $0.web.telemetryPath = "/a/b.c" },
        Good("--web.max-requests=0") { $0.web.maxRequests = 0 },
        Good("--web.openmetrics-created") { $0.web.openMetricsCreated = true },
        Good("--no-web.openmetrics-created", "--no-config.check") { _ in },
        Good("--web.systemd-socket") { $0.web.systemdSocket = true },
        Good("--web.enable-lifecycle") { $0.web.enableLifecycle = true },
        Good("--no-web.enable-lifecycle", "--no-web.systemd-socket", "--web.config.file=") { _ in },
        Good("--state.path", "a=b.db") { $0.state = .file("a=b.db") },
        Good("--state.path=--x") { $0.state = .file("--x") },
    ]

    @Test(arguments: goods)
    func `a good command line changes the settings it names and no other`(good: Good) throws {
        guard case .run(var expected, _) = try load([]) else {
            Issue.record("no arguments should run")
            return
        }
        good.change(&expected)
        #expect(try load(good.arguments) == .run(expected, warnings: []))
    }

    @Test(arguments: [
        (["--nope"], "error: unknown long flag '--nope', try --help"),
        (["--nope=x"], "error: unknown long flag '--nope', try --help"),
        (
            ["--web.listen-adress=:1"],
            "error: unknown long flag '--web.listen-adress' (did you mean '--web.listen-address'?), try --help"
        ),
        (["--no-log.level"], "error: unknown long flag '--no-log.level' (did you mean '--log.level'?), try --help"),
        (["--no-help"], "error: unknown long flag '--no-help', try --help"),
        (["--=x"], "error: unknown long flag '--…', try --help"),
        (["-x"], "error: unknown short flag '-x', try --help"),
        (["-hv"], "error: unknown short flag '-v', try --help"),
        (["--log.level"], "error: expected argument for flag '--log.level', try --help"),
        (["--log.level", "--log.format=json"], "error: expected argument for flag '--log.level', try --help"),
        (["--log.level=loud"], "error: flag '--log.level' must be one of debug, info, warn, error, try --help"),
        (["--log.level=INFO"], "error: flag '--log.level' must be one of debug, info, warn, error, try --help"),
        (["--log.format="], "error: flag '--log.format' must be one of logfmt, json, try --help"),
        (["--log.level=info", "--log.level=info"], "error: flag '--log.level' cannot be repeated, try --help"),
        (["--config.check", "--no-config.check"], "error: flag '--config.check' cannot be repeated, try --help"),
        (["--config.check=true"], "error: flag '--config.check' takes no value, try --no-config.check to turn it off"),
        (["--help=all"], "error: flag '--help' takes no value, try --help"),
        (["--config.file="], "error: flag '--config.file' needs the name of a file, try --help"),
        (["--state.path="], "error: flag '--state.path' needs the name of a file, try --help"),
        (
            ["--web.max-requests=-1"],
            "error: flag '--web.max-requests' needs a whole number from 0 to 1000000, try --help"
        ),
        (
            ["--web.max-requests=many"],
            "error: flag '--web.max-requests' needs a whole number from 0 to 1000000, try --help"
        ),
        (["--web.telemetry-path=metrics"], "error: flag '--web.telemetry-path' must begin with /, try --help"),
        (
            ["--web.telemetry-path=/"],
            "error: flag '--web.telemetry-path' must not be /, the path of the landing page, try --help"
        ),
        (
            ["--web.telemetry-path=/-/ready"],
            "error: flag '--web.telemetry-path' must not begin with /-/, the paths of health and readiness, try --help"
        ),
        (
            ["--web.telemetry-path=/a b"],
            "error: flag '--web.telemetry-path' must have only letters, digits, / - . _ and ~, and no //, try --help"
        ),
        (
            ["--web.listen-address=localhost"],
            "error: flag '--web.listen-address' needs host:port, :port, [v6]:port or unix:PATH, try --help"
        ),
        (["--web.listen-address=:http"], "error: flag '--web.listen-address' needs a port from 0 to 65535, try --help"),
        (
            ["--web.listen-address=:65536"],
            "error: flag '--web.listen-address' needs a port from 0 to 65535, try --help"
        ),
        (["--web.listen-address=1.2.3:80"], "error: flag '--web.listen-address' has no valid IPv4 address, try --help"),
        (
            ["--web.listen-address=unix:"],
            "error: flag '--web.listen-address' needs host:port, :port, [v6]:port or unix:PATH, try --help"
        ),
        (
            ["--web.listen-address=unix:/\(String(repeating: "x", count: 107))"],
            "error: flag '--web.listen-address' has a path of more than 107 bytes, try --help"
        ),
        (["--web.config.file=none.yml"], "\"none.yml\": no such file; name another one with --web.config.file"),
        (["server"], "error: unknown command 'server' (did you mean 'serve'?), try --help"),
        (["serve", "now"], "error: unexpected argument 'now', try --help"),
        (["--", "--help"], "error: unknown command '--help', try --help"),
        (["a\nb"], "error: unknown command 'a\\u{a}b', try --help"),
    ])
    func `a bad command line is refused`(arguments: [String], message: String) {
        #expect(complaint(arguments) == message)
    }

    @Test func `help and version win over what follows, not over a mistake before them`() throws {
        #expect(try load(["--version", "--nope"]) == .version)
        #expect(try load(["check", "--version"]) == .version)
        guard case .help = try load(["help"]), case .help = try load(["-h", "--nope"]) else {
            Issue.record("-h should show the help")
            return
        }
        #expect(complaint(["--nope", "--help"]) == "error: unknown long flag '--nope', try --help")
    }

    @Test func `a check of a good configuration says so and runs nothing`() throws {
        guard case .check(let settings, false, let warnings) = try load(["--config.check"]) else {
            Issue.record("not a check")
            return
        }
        #expect(settings.appliances.map(\.name) == ["hq"])
        #expect(warnings.isEmpty)
    }

    @Test func `a command decides what is done with the same settings`() throws {
        guard case .run(let settings, _) = try load(["serve"]) else {
            Issue.record("serve should run")
            return
        }
        #expect(try load(["check"]) == .checkAppliances(settings, CheckOptions(), warnings: []))
        #expect(try load(["healthcheck"]) == .healthcheck(settings.web))
        #expect(try load(["once"]) == .once(settings, warnings: []))
        #expect(try load(["once", "--config.check"]) == .check(settings, isSyntaxOnly: false, warnings: []))
    }
}
