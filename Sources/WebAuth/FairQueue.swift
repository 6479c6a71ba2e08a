/// Work by client address, of which each address gets an equal share.
///
/// The addresses take turns. Of one address the newest element comes first, because the client of an old one has
/// probably given up: in order of arrival, hardly any element of a long queue would be in time for its client.
/// When there are too many, the longest queue loses its oldest element.
struct FairQueue<Element: AnyObject> {
    private let limit: Int
    private let limitPerClient: Int
    /// The elements of each address, the newest one last.
    private var elements: [[UInt8]: [Element]] = [:]
    /// The addresses with elements, the next one first.
    private var turns: [[UInt8]] = []
    private var count = 0

    /// - Parameters:
    ///   - limit: the most elements of all addresses together.
    ///   - limitPerClient: the most elements of one address.
    init(limit: Int, limitPerClient: Int) {
        self.limit = limit
        self.limitPerClient = limitPerClient
    }

    /// Adds an element, and returns the one that had to give way to it.
    mutating func append(_ element: Element, client: [UInt8]) -> Element? {
        if elements[client] == nil { turns.append(client) }
        elements[client, default: []].append(element)
        count += 1
        if elements[client]?.count ?? 0 > limitPerClient { return removeOldest(of: client) }
        guard count > limit, let longest = elements.max(by: { $0.value.count < $1.value.count }) else { return nil }
        return removeOldest(of: longest.key)
    }

    /// Makes an element, which may have left the queue, the newest one of its address.
    mutating func renew(_ element: Element, client: [UInt8]) {
        guard let index = elements[client]?.firstIndex(where: { $0 === element }) else { return }
        elements[client]?.remove(at: index)
        elements[client]?.append(element)
    }

    /// Removes the newest element of the address whose turn it is.
    mutating func popFirst() -> Element? {
        guard !turns.isEmpty else { return nil }
        let client = turns.removeFirst()
        guard let element = elements[client]?.popLast() else { return nil }
        count -= 1
        if elements[client]?.isEmpty == true { elements[client] = nil } else { turns.append(client) }
        return element
    }

    private mutating func removeOldest(of client: [UInt8]) -> Element? {
        guard let element = elements[client]?.removeFirst() else { return nil }
        count -= 1
        if elements[client]?.isEmpty == true {
            elements[client] = nil
            turns.removeAll { $0 == client }
        }
        return element
    }
}
