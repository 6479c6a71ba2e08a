import Glibc
import Locking

/// A file with the commands of the control API, so that a restart gives the same simulation again.
///
/// Each line holds world time in milliseconds, a space, path and query as sent.
final class Journal: Sendable {
    private let path: String
    private let lock = Locked(())

    init(path: String) { self.path = path }

    /// Appends a command.
    func write(_ command: ControlCommand) throws(ControlCommandError) {
        let line = Array("\(command.instant) \(command.path)?\(command.query)\n".utf8)
        let isWritten = lock.withLock { _ in
            let file = unsafe open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
            guard file >= 0 else { return false }
            defer { close(file) }
            return unsafe Glibc.write(file, line, line.count) == line.count
        }
        guard isWritten else {
            throw ControlCommandError("performed, but cannot write to \(path): \(TextFile.lastError)")
        }
    }

    /// The commands of earlier runs, oldest first; empty if the file does not exist.
    func commands() throws(ControlCommandError) -> [ControlCommand] {
        guard let text = try TextFile.read(path) else { return [] }
        var commands: [ControlCommand] = []
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: " ", maxSplits: 1)
            guard parts.count == 2, let instant = Int64(parts[0]) else {
                throw ControlCommandError("\(path) is not a journal: \(line.prefix(40))")
            }
            let target = parts[1].split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
            commands.append(
                ControlCommand(
                    path: String(target[0]), query: target.count > 1 ? String(target[1]) : "", instant: instant))
        }
        return commands
    }
}
