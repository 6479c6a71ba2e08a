package import Metrics

extension APIMetrics {
    package static let requestsTotal = Descriptor(
        "darktrace_api_requests_total", .counter, labels: ["appliance", "path"],
        help: "Requests to the appliance that were begun, connected or not.")
    package static let requestFailuresTotal = Descriptor(
        "darktrace_api_request_failures_total", .counter, labels: ["appliance", "path", "reason"],
        help: "Requests to the appliance that brought no complete answer, by reason.")
    package static let requestDuration = Descriptor(
        "darktrace_api_request_duration_seconds", .histogram(bounds: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]),
        labels: ["appliance", "path"], help: "Duration of whole requests to the appliance, successful or not.")
    package static let requestPhases = Descriptor(
        "darktrace_api_request_phase_seconds_total", .counter, labels: ["appliance", "path", "phase"],
        help: "Time that requests to the appliance spent in each phase, over all tries.")
    package static let responseBytes = Descriptor(
        "darktrace_api_response_bytes_total", .counter, labels: ["appliance", "path"],
        help: "Bytes of answer bodies from the appliance, after decompression.")
    package static let signatureFailures = Descriptor(
        "darktrace_api_signature_failures_total", .counter, labels: ["appliance", "reason"],
        help: "Requests whose signature or date the appliance refused.")
    package static let certificateExpiry = Descriptor(
        "darktrace_api_certificate_expiry_timestamp_seconds", .gauge, labels: ["appliance"],
        help: "Earliest end of validity in the certificate chain that the appliance presented last.")
    package static let requestsPerMinuteLimit = Descriptor(
        "darktrace_api_requests_per_minute_limit", .gauge, labels: ["appliance"],
        help: "Budget of requests per minute to the appliance, all feeds together.")
    package static let clockSkew = Descriptor(
        "darktrace_api_clock_skew_seconds", .gauge, labels: ["appliance"],
        help: "Clock of the appliance minus our own by its last answer, to the second; absent while it does not answer."
    )
}
