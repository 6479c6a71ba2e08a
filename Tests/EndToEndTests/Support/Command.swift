import Foundation

/// A command that ends by itself.
enum Command {
    /// Runs it and returns its exit status, standard output and standard error.
    static func run(_ name: String, _ arguments: [String], input: Data? = nil) throws -> (Int32, Data, String) {
        let child = try Child(
            name, arguments, environment: ProcessInfo.processInfo.environment, hasInput: input != nil)
        let errors = Drain(child.errors)
        if let input, let handle = child.input {
            Thread {
                try? handle.write(contentsOf: input)
                try? handle.close()
            }.start()
        }
        let output = child.output.readDataToEndOfFile()
        let text = String(decoding: errors.data(), as: UTF8.self)
        return (child.wait(), output, text)
    }
}

/// Reads one pipe to its end beside the reader of another.
private final class Drain: @unchecked Sendable {
    // Unchecked because the semaphore orders the one write before the read.
    private var bytes = Data()
    private let done = DispatchSemaphore(value: 0)

    init(_ handle: FileHandle) {
        Thread { [self] in
            bytes = handle.readDataToEndOfFile()
            done.signal()
        }.start()
    }

    func data() -> Data {
        done.wait()
        return bytes
    }
}
