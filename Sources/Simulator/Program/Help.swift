import CBuildStamp

/// The texts of `--help` and `--version`.
enum Help {
    static let version = unsafe "darktrace-simulator " + String(cString: build_stamp_version())

    /// The output of `--help`.
    static var text: String {
        """
        darktrace-simulator: simulated Darktrace appliances for tests of darktrace-exporter.

          --listen-address=ADDRESS           HTTPS address of all appliances (127.0.0.1:13948; port 0 for any free port)
          --control.listen-address=ADDRESS   plain HTTP address of the control API, loopback only (127.0.0.1:13949)
          --ca-file=FILE                     file to write the CA certificate to (darktrace-simulator-ca.pem)
          --appliance=NAME:PUBLIC:PRIVATE[:KEY=VALUE…]
                                             Repeatable. Keys: rate, seed, listen (its own address), host.
                                             Default: two appliances, hq with the tokens 1111… and 2222…, branch with 3333…
                                             and 4444…, each digit 40 times
          --seed=N                           seed of all random numbers (1)
          --rate=N                           breaches per day and appliance (200)
          --history=DURATION                 length of the history of breaches (30d)
          --epoch=TIME                       start of the history (midnight UTC minus --history);
                                             the same seed, epoch and rate give the same breaches
          --clock.speed=N                    simulated seconds per real second (1)
          --clock.start=TIME                 simulated time at the start (now)
          --journal=FILE                     file that keeps changes made over the control API across restarts
          --fault=[APPLIANCE:]NAME[=VALUE]   Repeatable. See below
          --version, -h, --help

        Faults, also at run time over the control API:
        \(faults)

        \(control)
        """
    }

    /// The description of the control API.
    static let control = """
        Control API (GET or POST; without appliance= for all appliances):
          /-/oracle?appliance=NAME[&from=MS&to=MS][&all=true][&suppressed=true][&ids=true]
                        true counts of listed breaches: by model, category, master and cumulative score bound,
                        created from MS to MS; all=true includes breaches that are not listed yet, ids=true
                        lists each pbid
          /-/oracle?appliance=NAME&family=FAMILY[&from=MS&to=MS]
                        true counts of the other feeds, by default of the last week; one of
                        \(FeedOracle.Family.allCases.map(\.rawValue).joined(separator: ", "))
          /-/faults?set=NAME[=VALUE]&clear=NAME|all[&appliance=NAME][&times=N][&chance=P][&path=PREFIX]
          /-/burst?[appliance=NAME]&model=NAME&count=N[&spread=SECONDS][&score=S][&delay=SECONDS][&suppressed=true]
                        an unknown model is created, with &priority=0…5&category=WORD
          /-/pause, /-/resume       stop and resume new breaches; the clock continues
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
