/// How much attention a model's breaches deserve, by the rule of Darktrace's own clients.
package enum Category: String, Sendable, CaseIterable {
    case critical, suspicious, informational, compliance
}
