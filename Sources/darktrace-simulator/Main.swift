import Glibc
import Simulator

/// An appliance to run darktrace-exporter against.
@main struct Main {
    static func main() {
        exit(SimulatorProgram.run(Array(CommandLine.arguments.dropFirst())))
    }
}
