import Foundation

/// The memory this process has now, from `/proc/self/status`.
func residentBytes() -> Int {
    (status("VmRSS:") ?? 0) * 1024
}

/// Whether freed memory is kept on purpose, so that its size says nothing.
var isAddressSanitized: Bool { dlsym(nil, "__asan_init") != nil }

/// How many descriptors this process has open.
func openDescriptors() -> Int {
    (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count) ?? 0
}

/// How many threads this process has.
func threads() -> Int {
    status("Threads:") ?? 0
}

private func status(_ key: String) -> Int? {
    let text = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    let line = text?.split(separator: "\n").first { $0.hasPrefix(key) }
    return line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) }
}

/// The voluntary context switches so far of the server's own threads, by thread.
func wakeupsOfServerThreads() -> [String: String] {
    let tasks = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task")) ?? []
    var wakeups: [String: String] = [:]
    for task in tasks {
        guard let text = try? String(contentsOfFile: "/proc/self/task/\(task)/status", encoding: .utf8) else {
            continue
        }
        let lines = text.split(separator: "\n")
        guard lines.contains(where: { $0.hasPrefix("Name:\tMHD") || $0.hasPrefix("Name:\thttp-timeouts") }) else {
            continue
        }
        wakeups[task] = lines.first { $0.hasPrefix("voluntary") }.map(String.init)
    }
    return wakeups
}

/// Allows this process as many descriptors as the system permits.
func raiseDescriptorLimit() {
    let kind = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    var limit = rlimit()
    getrlimit(kind, &limit)
    limit.rlim_cur = limit.rlim_max
    setrlimit(kind, &limit)
}
