/// What counts as at once: a thousand times what it takes here, for a busy machine, and far below whatever else could
/// have ended it.
let atOnce: Duration = .seconds(5)
