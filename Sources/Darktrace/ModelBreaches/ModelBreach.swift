/// One record of `/modelbreaches`, as far as it is counted.
package struct ModelBreach: Sendable, Equatable {
    /// The `pbid`: 13 digits on a Unified View, possibly negative, and it starts anew when an appliance is reset.
    package let id: Int64
    /// When the record was made, in milliseconds since 1970.
    package let creationMilliseconds: Int64?
    /// When the activity happened, in milliseconds since 1970; usually some seconds earlier, sometimes hours.
    package let activityMilliseconds: Int64?
    /// 0 to 1.
    package let score: Double?
    /// The model's name as it was at the breach: valid UTF-8 of at most 200 bytes, `unknown` when there was none.
    package let model: String
    package let category: Category
    /// The record named no model.
    package let lacksName: Bool

    package init(
        id: Int64, creationMilliseconds: Int64?, activityMilliseconds: Int64?, score: Double?, model: String,
        category: Category, lacksName: Bool = false
    ) {
        self.id = id
        self.creationMilliseconds = creationMilliseconds
        self.activityMilliseconds = activityMilliseconds
        self.score = score
        self.model = model
        self.category = category
        self.lacksName = lacksName
    }

    /// A field is missing that the long form of the record may have: ask with `minimal=false` from now on.
    package var lacksShortFields: Bool { lacksName || score == nil || creationMilliseconds == nil }
}
