import Exporter
import Glibc

/// The Prometheus exporter for Darktrace.
@main struct Main {
    static func main() async {
        let arguments = Array(CommandLine.arguments.dropFirst())
        exit(await Program.run(arguments: arguments, environment: Environment.variables))
    }
}
