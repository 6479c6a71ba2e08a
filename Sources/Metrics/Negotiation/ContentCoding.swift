/// How a body is encoded on its way.
package enum ContentCoding: Sendable, Hashable, CaseIterable {
    case identity, gzip

    /// Reads all field lines of `Accept-Encoding`; what nobody can serve is answered as it is, never refused.
    ///
    /// At equal weights gzip wins, because it is prepared anyway; a lone `*` means identity, as in the reference
    /// implementation.
    package init(acceptEncoding lines: [String]) {
        let clauses = WeightedClause.all(in: lines)
        func weight(_ names: String...) -> Double? { clauses.first { names.contains($0.value) }?.weight }
        let gzip = weight("gzip", "x-gzip")
        let any = weight("*")
        let identity = weight("identity") ?? any
        if let gzip, gzip > 0, identity.map({ gzip >= $0 }) ?? true {
            self = .gzip
        } else if identity == 0, let any, any > 0, gzip != 0 {
            self = .gzip
        } else {
            self = .identity
        }
    }
}
