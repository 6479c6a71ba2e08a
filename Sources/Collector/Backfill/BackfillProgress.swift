/// How far the past of an appliance has been read.
package struct BackfillProgress: Sendable, Equatable {
    /// Breaches so far.
    package let count: Int
    /// By the appliance's clock, in milliseconds since 1970.
    package let endMilliseconds: Int64
    /// There is nothing left to be read.
    package let isComplete: Bool
}
