import Glibc

/// The program: command line, first log lines, signals, exit status.
package enum SimulatorProgram {
    /// Runs until SIGTERM or SIGINT; returns the exit status.
    package static func run(_ arguments: [String]) -> Int32 {
        do {
            switch try SimulatorOptions.parse(arguments) {
            case .help: print(Help.text)
            case .version: print(Help.version)
            case .run(let options): try serve(options)
            }
            return 0
        } catch {
            say("darktrace-simulator: \(error)")
            return 1
        }
    }

    private static func serve(_ options: SimulatorOptions) throws {
        // Blocked before any thread starts, so that only the wait below sees them.
        var signals = sigset_t()
        unsafe sigemptyset(&signals)
        unsafe sigaddset(&signals, SIGTERM)
        unsafe sigaddset(&signals, SIGINT)
        unsafe pthread_sigmask(SIG_BLOCK, &signals, nil)
        signal(SIGPIPE, SIG_IGN)

        let simulation = try Simulation(options)
        say(simulation.readyLine)
        let names = simulation.appliances.map(\.name).joined(separator: ", ")
        say(
            "appliances \(names) at https://\(simulation.httpsAddress), control API at http://\(simulation.controlAddress)/"
        )
        if let file = options.caFile { say("CA certificate for clients: \(file)") }
        var received: Int32 = 0
        unsafe sigwait(&signals, &received)
        simulation.stop(graceSeconds: 0.2)
    }

    private static func say(_ line: String) {
        let bytes = Array("\(line)\n".utf8)
        _ = unsafe write(STDERR_FILENO, bytes, bytes.count)
    }
}
