import Glibc
import Locking

/// The commands of the control path in a file, one a line, so that a restart makes the same world again.
///
/// A line is the world time in milliseconds, a space, and path and query as they were sent.
final class Journal: Sendable {
    private let path: String
    private let lock = Locked(())

    init(path: String) { self.path = path }

    /// Appends a command; returns when the line is with the system.
    func write(_ command: ControlCommand) throws(ControlCommandError) {
        let line = Array("\(command.moment) \(command.path)?\(command.query)\n".utf8)
        let isWritten = lock.withLock { _ in
            let file = unsafe open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
            guard file >= 0 else { return false }
            defer { close(file) }
            return unsafe Glibc.write(file, line, line.count) == line.count
        }
        guard isWritten else { throw ControlCommandError("done, but cannot write to \(path): \(TextFile.lastError)") }
    }

    /// The commands of earlier runs, oldest first; none if there is no file yet.
    func commands() throws(ControlCommandError) -> [ControlCommand] {
        guard let text = try TextFile.read(path) else { return [] }
        var commands: [ControlCommand] = []
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: " ", maxSplits: 1)
            guard parts.count == 2, let moment = Int64(parts[0]) else {
                throw ControlCommandError("\(path) is no journal: \(line.prefix(40))")
            }
            let target = parts[1].split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
            commands.append(
                ControlCommand(
                    path: String(target[0]), query: target.count > 1 ? String(target[1]) : "", moment: moment))
        }
        return commands
    }
}
