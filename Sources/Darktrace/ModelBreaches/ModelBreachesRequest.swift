/// `GET /modelbreaches` for a window: always with both ends, because without them the API sends a year.
package struct ModelBreachesRequest: APIRequest, Equatable {
    package static let path = "/modelbreaches"

    /// The window in milliseconds since 1970; the start is inclusive, of the end nobody knows.
    package var startMilliseconds: Int64
    package var endMilliseconds: Int64
    /// The window applies to the record's creation; otherwise to its first relevant activity, which is the API's
    /// default and is then written out as `creationtime=false`.
    package var byCreation: Bool
    /// Asks for the short form of records.
    package var minimal: Bool

    package init(startMilliseconds: Int64, endMilliseconds: Int64, byCreation: Bool = true, minimal: Bool = true) {
        self.startMilliseconds = startMilliseconds
        self.endMilliseconds = endMilliseconds
        self.byCreation = byCreation
        self.minimal = minimal
    }

    /// Acknowledged breaches are always asked for: one that is acknowledged between two polls would vanish uncounted.
    package var target: String {
        "\(Self.path)?creationtime=\(byCreation)&endtime=\(endMilliseconds)&includeacknowledged=true"
            + "&minimal=\(minimal)&starttime=\(startMilliseconds)"
    }

    /// Reads the list record by record, each for itself.
    package func intake(
        _ take: @escaping @Sendable (Result<ModelBreach, UnreadableRecord>) -> Bool
    ) -> any ResponseReader {
        ArrayReader(take)
    }
}
