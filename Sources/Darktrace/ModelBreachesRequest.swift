/// `GET /modelbreaches` for a window: always with both ends, because without them the API sends a year.
package struct ModelBreachesRequest: APIRequest, Equatable {
    package static let path = "/modelbreaches"

    package var path: String { Self.path }

    /// Start of the window in milliseconds since 1970, inclusive.
    package var startMilliseconds: Int64
    /// End of the window in milliseconds since 1970; whether the API includes it is not documented.
    package var endMilliseconds: Int64
    /// The window applies to the creation of the record; otherwise to its first relevant activity, which is the API's
    /// default and is then written out as `creationtime=false`.
    package var byCreation: Bool
    /// Requests short records.
    package var minimal: Bool
    /// Without them only the open breaches are listed.
    package var includesAcknowledged: Bool
    /// Reads the details of each record too, and requests the device as a field of the record.
    package var readsDetails: Bool

    /// Includes acknowledged breaches as a rule: one acknowledged between two polls would otherwise not be counted.
    package init(
        startMilliseconds: Int64, endMilliseconds: Int64, byCreation: Bool = true, minimal: Bool = true,
        includesAcknowledged: Bool = true, readsDetails: Bool = false
    ) {
        self.startMilliseconds = startMilliseconds
        self.endMilliseconds = endMilliseconds
        self.byCreation = byCreation
        self.minimal = minimal
        self.includesAcknowledged = includesAcknowledged
        self.readsDetails = readsDetails
    }

    package var target: String {
        "\(Self.path)?creationtime=\(byCreation)\(readsDetails ? "&deviceattop=true" : "")&endtime=\(endMilliseconds)"
            + "&includeacknowledged=\(includesAcknowledged)"
            + "&minimal=\(minimal)&starttime=\(startMilliseconds)"
    }

    /// Reads the list element by element.
    package func makeReader(
        _ onElement: @escaping @Sendable (Result<ModelBreach, UnreadableRecord>) -> Bool
    ) -> any ResponseReader {
        ArrayReader(
            read: { [readsDetails] (record) throws(UnreadableRecord) in
                try ModelBreach(record, readsDetails: readsDetails)
            }, onElement)
    }
}

/// `GET /modelbreaches` for one breach, whether it is acknowledged or not: the response is its full record.
package struct SingleModelBreachRequest: APIRequest, Equatable {
    /// The `pbid`.
    package let id: Int64

    package init(id: Int64) { self.id = id }

    package var path: String { ModelBreachesRequest.path }

    package var sizeHint: Hint { .fixedSize }

    package var target: String { "\(path)?includeacknowledged=true&minimal=false&pbid=\(id)" }

    /// A full record has up to 27 kB; one with very many triggered components may have more.
    private static let maxBytes = 1 << 20

    /// Reads the one record; a list is no response to this request.
    package func makeReader(_ onElement: @escaping @Sendable (ModelBreach) -> Bool) -> any ResponseReader {
        ObjectReader(
            limit: Self.maxBytes,
            read: { (record) throws(UnreadableRecord) in try ModelBreach(record, readsDetails: false) }, onElement)
    }
}
