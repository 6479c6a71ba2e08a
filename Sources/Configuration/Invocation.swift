/// What the command line asks for.
package enum Invocation: Sendable, Equatable {
    /// Print this text to standard output and exit 0.
    case help(String)
    /// Print the version to standard output and exit 0.
    case version
    /// `--config.check`: everything is well; say so and exit 0.
    case check(Settings, warnings: [Warning])
    /// Poll and serve.
    case run(Settings, warnings: [Warning])
    /// `check`: try every appliance and say how it went.
    case checkAppliances(Settings, warnings: [Warning])
    /// `once`: poll every appliance once, print the metrics and exit.
    case once(Settings, warnings: [Warning])
    /// `backfill`: ask for a part of the past, write it and exit.
    case backfill(Settings, BackfillOptions, warnings: [Warning])
}
