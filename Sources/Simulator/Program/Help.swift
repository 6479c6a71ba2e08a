/// What the program says about itself.
enum Help {
    static let version = "darktrace-simulator 0.1.0"

    /// The answer to `--help`.
    static var text: String {
        """
        darktrace-simulator: an appliance to run darktrace-exporter against.

          --listen-address=ADDRESS           HTTPS for all appliances (127.0.0.1:13948; port 0 for any)
          --control.listen-address=ADDRESS   plain HTTP for the control path, loopback only (127.0.0.1:13949)
          --ca-file=FILE                     where the certificate to trust is written (darktrace-simulator-ca.pem)
          --appliance=NAME:PUBLIC:PRIVATE[:KEY=VALUE…]
                                             repeatable; keys: rate, seed, listen (a listener of its own), host.
                                             By default two: hq with the tokens 1111… and 2222…, branch with 3333…
                                             and 4444…, each digit 40 times
          --seed=N                           what everything is drawn from (1)
          --rate=N                           breaches a day of each appliance (200)
          --history=DURATION                 how far back breaches reach (30d)
          --epoch=TIME                       nothing was created before (the start of today in UTC less the history);
                                             the same seed, epoch and rate make the same breaches again
          --clock.speed=N                    seconds of the world in a real second (1)
          --clock.start=TIME                 the world's time at the start (now)
          --journal=FILE                     keeps what the control path changed, to hold again after a restart
          --fault=[APPLIANCE:]NAME[=VALUE]   repeatable; see below
          --version, -h, --help

        Faults, each also at run time over the control path:
        \(faults)

        \(control)
        """
    }

    /// The paths of the control listener.
    static let control = """
        Control path (GET or POST; without appliance= all of them are meant):
          /-/oracle?appliance=NAME[&from=MS&to=MS][&all=true][&suppressed=true]
                        the true counts of what is listed by now: per model, category and cumulative score bound,
                        created from MS to MS; all=true also counts what is not listed yet
          /-/faults?set=NAME[=VALUE]&clear=NAME|all[&appliance=NAME][&times=N][&chance=P][&path=PREFIX]
          /-/burst?[appliance=NAME]&model=NAME&count=N[&spread=SECONDS][&score=S][&delay=SECONDS][&suppressed=true]
                        a model nobody knows is made, with &priority=0…5&category=WORD
          /-/pause, /-/resume       no new breaches; the clock goes on
          /-/clock?skew=SECONDS | step=SECONDS | speed=N | advance=SECONDS
          /-/requests, /-/appliances, /-/healthy
        """

    private static var faults: String {
        Fault.allCases.map { fault in
            let name = fault.rawValue + usage(fault)
            let padding = String(repeating: " ", count: max(1, 44 - name.count))
            return "  \(name)\(padding)\(fault.summary)"
        }.joined(separator: "\n")
    }

    private static func usage(_ fault: Fault) -> String {
        switch fault.argument {
        case .nothing: ""
        case .choice(let words): "[=\(words.joined(separator: "|"))]"
        case .choices(let words): "[=\(words.joined(separator: ","))]"
        case .number(_, let preset): "[=\(JSON.number(preset).text)]"
        case .text(let preset): "[=\(preset)]"
        }
    }
}
