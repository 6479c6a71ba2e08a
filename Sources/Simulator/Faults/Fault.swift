/// Everything that an appliance can do wrong, or differently from its like, on request.
package enum Fault: String, Sendable, CaseIterable {
    // Who is asking, and when.
    case refusedDateForm = "refused-date-form"
    case clockSkew = "clock-skew"
    case dateWindow = "date-window"
    case signing
    case unknownToken = "unknown-token"
    case revokedToken = "revoked-token"
    case loginForm = "login-form"

    // Refusals.
    case loggedOut = "logged-out"
    case loginPage = "login-page"
    case permission
    case inputError = "input-error"
    case notFound = "not-found"
    case rateLimited = "rate-limited"
    case retryAfterForm = "retry-after-form"
    case serverError = "server-error"
    case cvesError = "cves-error"
    case filterTypesLogin = "filtertypes-login"

    // The way of an answer.
    case delay
    case slow
    case silent
    case stall
    case cut
    case reset
    case resetBody = "reset-body"
    case closed
    case gzip
    case contentLength = "content-length"

    // What an answer contains.
    case emptyBody = "empty-body"
    case notJSON = "not-json"
    case wrongContent = "wrong-content"
    case contentType = "content-type"
    case truncated
    case trailingGarbage = "trailing-garbage"
    case whitespace
    case endless
    case repeatedRecords = "repeated-records"

    // Which records there are; these concern records made from then on.
    case ids
    case noCategory = "no-category"
    case lateRecords = "late-records"
    case lateBy = "late-by"
    case negativeDelay = "negative-delay"
    case lateListing = "late-listing"
    case lateListingShare = "late-listing-share"
    case suppressed
    case acknowledgedAfter = "acknowledged-after"
    case unreadableEvery = "unreadable-every"
    case modelVariants = "model-variants"

    // How records are listed and written.
    case descending
    case exclusiveEnd = "exclusive-end"
    case ignoresCreationTime = "ignores-creationtime"
    case refusesCreationTime = "refuses-creationtime"
    case shortFormLacks = "short-form-lacks"
    case unknownFields = "unknown-fields"
    case padding
    case numbersAsText = "numbers-as-text"
    case bareDevices = "bare-devices"
    case renamedModels = "renamed-models"
    case noPercentScore = "no-percentscore"

    // Other endpoints.
    case emptyLicence = "empty-licence"
    case timeWithoutSeconds = "time-without-seconds"
    case probeError = "probe-error"
    case probesByAddress = "probes-by-address"
    case instances
    case groupScore = "group-score"
    case expiredAntigena = "expired-antigena"
}
