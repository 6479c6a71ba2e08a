import Exporter

/// The Prometheus exporter for Darktrace.
@main struct Main {
    static func main() { Program.main() }
}
