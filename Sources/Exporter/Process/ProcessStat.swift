import Glibc

/// The fields of `/proc/self/stat` that are told (proc(5)).
struct ProcessStat {
    let virtualBytes: Double
    let residentBytes: Double
    /// Unix seconds.
    let startSeconds: Double

    static func read() -> ProcessStat? {
        guard let text = ProcFile.text("/proc/self/stat"), let end = text.lastIndex(of: ")") else { return nil }
        // The second field is the program's name and may hold spaces; the third stands after its bracket.
        let fields = text[text.index(after: end)...].split(separator: " ")
        guard fields.count > 21, let ticks = Double(fields[19]), let virtual = Double(fields[20]),
            let pages = Double(fields[21].prefix { $0.isNumber }), let boot = bootSeconds
        else { return nil }
        return ProcessStat(
            virtualBytes: virtual, residentBytes: pages * Double(sysconf(Int32(_SC_PAGESIZE))),
            startSeconds: boot + ticks / Double(sysconf(Int32(_SC_CLK_TCK))))
    }

    /// Read once: the kernel works it out anew at each read, and a corrected clock would move the start.
    private static let bootSeconds: Double? = {
        guard let text = ProcFile.text("/proc/stat") else { return nil }
        for line in text.split(separator: "\n") where line.hasPrefix("btime ") {
            return Double(line.dropFirst(6))
        }
        return nil
    }()
}

/// A small file of the proc file system.
enum ProcFile {
    static func text(_ path: String) -> String? {
        let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 4_096)
        while true {
            let count = unsafe piece.withUnsafeMutableBytes { buffer in
                unsafe Glibc.read(file, buffer.baseAddress, buffer.count)
            }
            guard count > 0 else { break }
            bytes.append(contentsOf: piece[..<count])
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
