package import Darktrace

/// One fact about an appliance, as a line that people read and scripts can search for.
package struct Finding: Sendable, Equatable {
    package let mark: Severity
    package let subject: Subject
    /// One line, safe to print whatever the appliance sent.
    package let text: String

    package init(_ mark: Severity, _ subject: Subject, _ text: String) {
        self.mark = mark
        self.subject = subject
        self.text = text
    }

    /// Whether a state may be read: polls go on without it, so that a refusal is no failure.
    package init(ofState attempt: Attempt) {
        guard let refusal = attempt.refusal else {
            self.init(.ok, .permission, "\(attempt.path) may be read")
            return
        }
        let text = "\(attempt.path): \(refusal.reason.rawValue): \(refusal.detail)"
        self.init(.warning, refusal.reason.isAboutRequest ? .permission : .answer, text)
    }

    /// What the fact means for a person.
    package enum Severity: String, Sendable, CaseIterable {
        case ok
        /// It works, and needs a look soon.
        case warning
        /// The appliance cannot be polled.
        case failed = "FAILED"
    }

    /// What the fact is about, in the order of the lines.
    package enum Subject: String, Sendable, CaseIterable {
        case tokens, reach, certificate, clock, signature, login, permission, answer, breaches, records
    }

    /// `hq: FAILED: signature: the appliance refused the signature; check …`
    package func line(of appliance: String) -> String {
        "\(appliance): \(mark.rawValue): \(subject.rawValue): \(text)"
    }
}
