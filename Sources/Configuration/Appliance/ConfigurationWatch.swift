/// Notices changes of the files that appliances are read from.
///
/// It compares what `stat` says every few seconds: that works on every file system, for files that are renamed into
/// place, written in place, or swapped through symbolic links as Kubernetes does. A file is read when it was the same in
/// two looks, so that half of one is not.
package struct ConfigurationWatch: Sendable {
    private var former: [String: FileVersion] = [:]
    /// The version of the main file that was reported last: a bad one is not read again and again.
    private var reported: FileVersion?
    /// The patterns of which a directory could not be read at the last look.
    private var unreadable: [String] = []

    /// Has looked at nothing yet.
    package init() {}

    /// What has to be read again.
    package enum Change: Equatable {
        /// The main file, and with it everything.
        case everything
        /// These of `appliance_files`, which appeared, changed or went; none if only a directory cannot be read any more,
        /// or can.
        case files(Set<String>)
    }

    /// Looks at all files once; without effect for settings that have no `hasFilesToWatch`.
    ///
    /// - Parameter settings: As they were read last.
    /// - Returns: What has changed since, and was the same at the look before.
    package mutating func look(_ settings: Settings) -> Change? {
        let known = settings.sources.versions
        let matches = settings.sources.patterns.files()
        var versions: [String: FileVersion] = [:]
        for path in Set(matches.paths).union(known.keys) { versions[path] = FileVersion(path) }
        let main = settings.watchesFile ? settings.file.map { FileVersion($0) } : nil
        if let main { versions[main.path] = main }
        defer { (former, unreadable) = (versions, matches.unreadable) }
        if let main, former[main.path] == main, main != settings.fileVersion, main != reported {
            reported = main
            return .everything
        }
        let changed = versions.filter { path, version in
            path != main?.path && former[path] == version && known[path] != version
        }
        let isReadabilityChanged = matches.unreadable == unreadable && unreadable != settings.sources.unreadable
        return changed.isEmpty && !isReadabilityChanged ? nil : .files(Set(changed.keys))
    }
}

extension Settings {
    /// Whether a change of a file has to be noticed without a request to reload.
    package var hasFilesToWatch: Bool {
        watchesFile || !sources.patterns.patterns.isEmpty || !sources.versions.isEmpty
    }
}
