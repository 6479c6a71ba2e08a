/// The environment variables that name one appliance; an empty one counts as not set.
enum Variable: String, CaseIterable {
    case url = "DARKTRACE_URL"
    case publicToken = "DARKTRACE_PUBLIC_TOKEN"
    case publicTokenFile = "DARKTRACE_PUBLIC_TOKEN_FILE"
    case privateToken = "DARKTRACE_PRIVATE_TOKEN"
    case privateTokenFile = "DARKTRACE_PRIVATE_TOKEN_FILE"
    case caFile = "DARKTRACE_CA_FILE"

    var help: String {
        switch self {
        case .url: "Scheme, host and port of the appliance; its host becomes the label appliance."
        case .publicToken: "The public token."
        case .publicTokenFile: "A file with the public token, read again for every poll."
        case .privateToken: "The private token."
        case .privateTokenFile: "A file with the private token, read again for every poll."
        case .caFile: "A PEM file with the authority to trust instead of the system's."
        }
    }
}
