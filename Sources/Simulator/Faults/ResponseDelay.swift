import HTTPServer

extension Response {
    /// Sends nothing, not even the status line, for this long; the connection is suspended until then.
    func delayed(byMilliseconds milliseconds: Int) -> Response {
        .deferred(Wakeup(afterMilliseconds: milliseconds)) { _ in self }
    }

    /// Accepts the request and never responds: the connection ends by its timeout, its client or the server's stop.
    static var silence: Response { .deferred(Wakeup()) { _ in .abort } }
}

extension Wakeup {
    /// Makes a wakeup that fires after this time.
    convenience init(afterMilliseconds milliseconds: Int) {
        self.init()
        Task {
            try? await Task.sleep(for: .milliseconds(max(1, milliseconds)))
            fire()
        }
    }
}
